// The one-byte opcode map, as data (Intel SDM volume 2, appendix A, table A-2).

extension OpcodeMap {
    /// The eight operations that share the first rows of the map and the first immediate group.
    private static let arithmetic = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"]
    private static let shifts = ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"]

    static let arithmeticRows: [String] = arithmetic.enumerated().flatMap { number, name in
        let lock = name == "cmp" ? "" : " lock"
        let first = number * 8
        return [
            "\(hex(first)) \(name) Eb,Gb\(lock)", "\(hex(first + 1)) \(name) Ev,Gv\(lock)",
            "\(hex(first + 2)) \(name) Gb,Eb", "\(hex(first + 3)) \(name) Gv,Ev",
            "\(hex(first + 4)) \(name) AL,Ib", "\(hex(first + 5)) \(name) rAXv,Iz",
            "80/\(number) \(name) Eb,Ib\(lock)", "81/\(number) \(name) Ev,Iz\(lock)",
            "82/\(number) \(name) Eb,Ib i64\(lock)", "83/\(number) \(name) Ev,Is\(lock)",
        ]
    }

    static let shiftRows: [String] = shifts.enumerated().flatMap { number, name in
        [
            "c0/\(number) \(name) Eb,Ib", "c1/\(number) \(name) Ev,Ib", "d0/\(number) \(name) Eb,1",
            "d1/\(number) \(name) Ev,1", "d2/\(number) \(name) Eb,CL", "d3/\(number) \(name) Ev,CL",
        ]
    }

    static let oneByteRows = """
        06 push ES i64
        07 pop ES i64
        0e push CS i64
        16 push SS i64
        17 pop SS i64
        1e push DS i64
        1f pop DS i64
        27 daa - i64
        2f das - i64
        37 aaa - i64
        3f aas - i64
        40+r inc Zv i64
        48+r dec Zv i64
        50+r push Zv d64
        58+r pop Zv d64
        60 pusha -v i64
        61 popa -v i64
        62 bound Gv,Ma i64
        63 arpl Ew,Gw i64
        63 movsxd Gv,Ez o64
        68 push Iz d64
        69 imul Gv,Ev,Iz
        6a push Is d64
        6b imul Gv,Ev,Is
        6c ins -b
        6d ins -z
        6e outs -b
        6f outs -z
        70+c jcc Jb f64
        84 test Eb,Gb
        85 test Ev,Gv
        86 xchg Eb,Gb lock
        87 xchg Ev,Gv lock
        88 mov Eb,Gb
        89 mov Ev,Gv
        8a mov Gb,Eb
        8b mov Gv,Ev
        8c mov Mw,Sw
        8c mov Rv,Sw
        8d lea Gv,M
        8e mov Sw,Ew
        8f/0 pop Ev d64
        f3 90 pause -
        90 nop - nob
        90+r xchg Zv,rAXv
        98 cbw -v
        99 cwd -v
        9a callf Ap i64
        9b fwait -
        9c pushf -v d64
        9d popf -v d64
        9e sahf -
        9f lahf -
        a0 mov AL,Ob
        a1 mov rAXv,Ov
        a2 mov Ob,AL
        a3 mov Ov,rAXv
        a4 movs -b
        a5 movs -v
        a6 cmps -b
        a7 cmps -v
        a8 test AL,Ib
        a9 test rAXv,Iz
        aa stos -b
        ab stos -v
        ac lods -b
        ad lods -v
        ae scas -b
        af scas -v
        b0+r mov Zb,Ib
        b8+r mov Zv,Iv
        c2 ret -v,Iw f64
        c3 ret -v f64
        c4 les Gz,Mp i64
        c5 lds Gz,Mp i64
        c6/0 mov Eb,Ib
        c7/0 mov Ev,Iz
        c8 enter -v,Iw,I2 d64
        c9 leave -v d64
        ca retf -v,Iw
        cb retf -v
        cc int3 -
        cd int Ib
        ce into - i64
        cf iret -v
        d4 aam Ib i64
        d5 aad Ib i64
        d6 salc - i64
        d7 xlat -b
        e0 loopne Jb f64
        e1 loope Jb f64
        e2 loop Jb f64
        e3 jcxz Jb f64
        e4 in AL,Ib
        e5 in rAXz,Ib
        e6 out Ib,AL
        e7 out Ib,rAXz
        e8 call Jz f64
        e9 jmp Jz f64
        ea jmpf Ap i64
        eb jmp Jb f64
        ec in AL,DX
        ed in rAXz,DX
        ee out DX,AL
        ef out DX,rAXz
        f1 int1 -
        f4 hlt -
        f5 cmc -
        f6/0 test Eb,Ib
        f6/1 test Eb,Ib
        f6/2 not Eb lock
        f6/3 neg Eb lock
        f6/4 mul Eb
        f6/5 imul Eb
        f6/6 div Eb
        f6/7 idiv Eb
        f7/0 test Ev,Iz
        f7/1 test Ev,Iz
        f7/2 not Ev lock
        f7/3 neg Ev lock
        f7/4 mul Ev
        f7/5 imul Ev
        f7/6 div Ev
        f7/7 idiv Ev
        f8 clc -
        f9 stc -
        fa cli -
        fb sti -
        fc cld -
        fd std -
        fe/0 inc Eb lock
        fe/1 dec Eb lock
        ff/0 inc Ev lock
        ff/1 dec Ev lock
        ff/2 call Ev f64
        ff/3 callf Mp
        ff/4 jmp Ev f64
        ff/5 jmpf Mp
        ff/6 push Ev d64
        """
}
