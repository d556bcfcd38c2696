// The program that executes single instructions on the host's own CPU.

/// A C program: reads cases from standard input, executes each in user mode, writes what it led to.
enum HostCPUHarness {
    /// Where the program has its data page and the code, the same for the CPU under test.
    static let data: UInt64 = 0x1000_0000
    static let dataByteCount = 4096
    static let code: UInt64 = 0x1001_0000

    /// A case is 24 words: 16 registers, flags, seed of the data, length of the code, 2 words of code,
    /// 3 words of nothing. A result is 20: 16 registers, flags, signal, hash of the data, nothing.
    static let caseWords = 24
    static let resultWords = 20

    static let source = """
        #define _GNU_SOURCE
        #include <setjmp.h>
        #include <signal.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <ucontext.h>
        #define DATA 0x10000000ul
        #define CODE 0x10010000ul
        #define BLOCK 0x30000000ul
        typedef uint64_t u64;
        static sigjmp_buf back;
        static volatile int caught;
        static char stack[65536];
        void enter(void);
        void leave(void);
        /* BLOCK: 16 registers, flags, the harness's stack pointer, rflags of the harness, scratch. */
        __asm__(
            ".globl enter\\nenter:\\n"
            "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\\n"
            "mov %rsp, 0x30000088\\n"
            "pushq 0x30000080; popfq\\n"
            "mov 0x30000008, %rcx; mov 0x30000010, %rdx; mov 0x30000018, %rbx; mov 0x30000020, %rsp\\n"
            "mov 0x30000028, %rbp; mov 0x30000030, %rsi; mov 0x30000038, %rdi; mov 0x30000040, %r8\\n"
            "mov 0x30000048, %r9; mov 0x30000050, %r10; mov 0x30000058, %r11; mov 0x30000060, %r12\\n"
            "mov 0x30000068, %r13; mov 0x30000070, %r14; mov 0x30000078, %r15; mov 0x30000000, %rax\\n"
            "jmp *0x30000098\\n"
            ".globl leave\\nleave:\\n"
            "mov %rax, 0x30000000; mov %rcx, 0x30000008; mov %rdx, 0x30000010; mov %rbx, 0x30000018\\n"
            "mov %rsp, 0x30000020; mov %rbp, 0x30000028; mov %rsi, 0x30000030; mov %rdi, 0x30000038\\n"
            "mov %r8, 0x30000040; mov %r9, 0x30000048; mov %r10, 0x30000050; mov %r11, 0x30000058\\n"
            "mov %r12, 0x30000060; mov %r13, 0x30000068; mov %r14, 0x30000070; mov %r15, 0x30000078\\n"
            "mov 0x30000088, %rsp; pushfq; popq 0x30000080; pushq $0x202; popfq\\n"
            "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\\n");
        static void handler(int number, siginfo_t *info, void *context) {
            (void)info;
            greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
            static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
                REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
            u64 *block = (u64 *)BLOCK;
            for (int i = 0; i < 16; i++) block[i] = g[order[i]];
            block[16] = g[REG_EFL];
            caught = number;
            siglongjmp(back, 1);
        }
        static u64 mix(u64 *s) {
            u64 z = *s += 0x9e3779b97f4a7c15ul;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
            return z ^ (z >> 31);
        }
        int main(void) {
            int rwx = PROT_READ | PROT_WRITE | PROT_EXEC, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
            if (mmap((void *)DATA, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap((void *)CODE, 4096, rwx, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap((void *)BLOCK, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
            sigaltstack(&alternate, 0);
            struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
            int numbers[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
            for (int i = 0; i < 5; i++) sigaction(numbers[i], &action, 0);
            u64 in[24], *block = (u64 *)BLOCK, *data = (u64 *)DATA;
            while (fread(in, 8, 24, stdin) == 24) {
                memcpy(block, in, 17 * 8);
                block[19] = CODE;
                u64 seed = in[17], length = in[18] & 15;
                for (int i = 0; i < 512; i++) data[i] = mix(&seed);
                unsigned char *code = (unsigned char *)CODE;
                memcpy(code, in + 19, length);
                /* jmp *0(%rip), and where to: */
                memcpy(code + length, "\\xff\\x25\\0\\0\\0\\0", 6);
                u64 target = (u64)leave;
                memcpy(code + length + 6, &target, 8);
                caught = 0;
                if (!sigsetjmp(back, 1)) enter();
                u64 out[20] = {0}, hash = 0;
                memcpy(out, block, 17 * 8);
                for (int i = 0; i < 512; i++) hash = (hash ^ data[i]) * 0x100000001b3ul, hash ^= hash >> 29;
                out[17] = caught;
                out[18] = hash;
                fwrite(out, 8, 20, stdout);
            }
            return 0;
        }
        """
}
