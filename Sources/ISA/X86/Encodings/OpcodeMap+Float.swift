// The x87 part of the opcode map (Intel SDM volume 2, appendix A.5).

extension OpcodeMap {
    private static let arithmetic = ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"]

    static let floatArithmeticRows: [String] = arithmetic.enumerated().flatMap { number, name in
        let integerName = "fi" + name.dropFirst()
        var rows = [
            "d8/\(number) \(name) ST,Md", "d8/\(number) \(name) ST,STi mod3",
            "dc/\(number) \(name) ST,Mq", "da/\(number) \(integerName) Md", "de/\(number) \(integerName) Mw",
        ]
        if number == 2 || number == 3 {
            rows += ["dc/\(number) \(name) ST,STi mod3"]
        } else {
            // With the destination behind the top, the reversed forms change places.
            let swapped = number < 4 ? name : arithmetic[number ^ 1]
            rows += ["dc/\(number) \(swapped) STi,ST mod3", "de/\(number) \(swapped)p STi,ST mod3"]
        }
        return rows
    }

    static let floatRows = """
        d9/0 fld Md
        d9/2 fst Md
        d9/3 fstp Md
        d9/4 fldenv M
        d9/5 fldcw Mw
        d9/6 fnstenv M
        d9/7 fnstcw Mw
        d9/0 fld STi mod3
        d9/1 fxch STi mod3
        d9.d0 fnop -
        d9/3 fstpnce STi mod3
        d9.e0 fchs -
        d9.e1 fabs -
        d9.e4 ftst -
        d9.e5 fxam -
        d9.e8 fld1 -
        d9.e9 fldl2t -
        d9.ea fldl2e -
        d9.eb fldpi -
        d9.ec fldlg2 -
        d9.ed fldln2 -
        d9.ee fldz -
        d9.f0 f2xm1 -
        d9.f1 fyl2x -
        d9.f2 fptan -
        d9.f3 fpatan -
        d9.f4 fxtract -
        d9.f5 fprem1 -
        d9.f6 fdecstp -
        d9.f7 fincstp -
        d9.f8 fprem -
        d9.f9 fyl2xp1 -
        d9.fa fsqrt -
        d9.fb fsincos -
        d9.fc frndint -
        d9.fd fscale -
        d9.fe fsin -
        d9.ff fcos -
        da/0 fcmovb ST,STi mod3
        da/1 fcmove ST,STi mod3
        da/2 fcmovbe ST,STi mod3
        da/3 fcmovu ST,STi mod3
        da.e9 fucompp -
        db/0 fild Md
        db/1 fisttp Md
        db/2 fist Md
        db/3 fistp Md
        db/5 fld Mt
        db/7 fstp Mt
        db/0 fcmovnb ST,STi mod3
        db/1 fcmovne ST,STi mod3
        db/2 fcmovnbe ST,STi mod3
        db/3 fcmovnu ST,STi mod3
        db.e0 fnop -
        db.e1 fnop -
        db.e2 fnclex -
        db.e3 fninit -
        db.e4 fnop -
        db/5 fucomi ST,STi mod3
        db/6 fcomi ST,STi mod3
        dd/0 fld Mq
        dd/1 fisttp Mq
        dd/2 fst Mq
        dd/3 fstp Mq
        dd/4 frstor M
        dd/6 fnsave M
        dd/7 fnstsw Mw
        dd/0 ffree STi mod3
        dd/1 fxch STi mod3
        dd/2 fst STi mod3
        dd/3 fstp STi mod3
        dd/4 fucom STi mod3
        dd/5 fucomp STi mod3
        de/2 fcomp ST,STi mod3
        de.d9 fcompp -
        df/0 fild Mw
        df/1 fisttp Mw
        df/2 fist Mw
        df/3 fistp Mw
        df/4 fbld Mt
        df/5 fild Mq
        df/6 fbstp Mt
        df/7 fistp Mq
        df/0 ffreep STi mod3
        df/1 fxch STi mod3
        df/2 fstp STi mod3
        df/3 fstp STi mod3
        df.e0 fnstsw AX
        df/5 fucomip ST,STi mod3
        df/6 fcomip ST,STi mod3
        """
}
