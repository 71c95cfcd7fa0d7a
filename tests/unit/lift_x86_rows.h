/* lift_x86_rows.h - rows of test_lift_x86.c: each instruction as GNU as writes
 * it, and what it becomes */
static const struct row rows[] = {
	/* mov $-1, %eax */
	{ true, "b8ffffffff", "ax=0xffffffff" },
	/* mov $-1, %rax */
	{ true, "48c7c0ffffffff", "ax=-0x1" },
	/* movabs $0x1122334455667788, %rax */
	{ true, "48b88877665544332211", "ax=0x1122334455667788" },
	/* mov %esp, %ebp */
	{ true, "89e5", "bp=sp /4" },
	/* mov $0x41, %al */
	{ true, "b041", "ax=0x41" },
	/* mov $0x41, %ah */
	{ true, "b441", "ax=?" },
	/* movzbl %ah, %eax */
	{ true, "0fb6c4", "ax=ax << -0x8; ax=ax & 0xff" },
	/* movzbl 3(%rdi), %eax */
	{ true, "0fb64703", "ax=1[di,0x3]" },
	/* movsbl %al, %ecx */
	{ true, "0fbec8", "cx=ax /1" },
	/* movslq %edi, %rdi */
	{ true, "4863ff", "di=di /4" },
	/* movb $0xff, -8(%rbp) */
	{ true, "c645f8ff", "1[bp,-0x8]=0xff" },
	/* movq $-1, (%rsp) */
	{ true, "48c70424ffffffff", "8[sp,0x0]=-0x1" },
	/* mov %rax, (%rdi,%rcx) */
	{ true, "4889040f", "8[di+cx,0x0]=ax" },
	/* mov %eax, 8(%rdi,%rcx,4) */
	{ true, "89448f08", "t3=cx << 0x2; 4[di+t3,0x8]=ax" },
	/* mov (%rdi,%rcx,8), %rax */
	{ true, "488b04cf", "t3=cx << 0x3; ax=8[di+t3,0x0]" },
	/* mov 0x1000(,%rcx,8), %rax */
	{ true, "488b04cd00100000", "t3=cx << 0x3; ax=8[t3,0x1000]" },
	/* mov 0x10(%rip), %rax */
	{ true, "488b0510000000", "ax=8[-,0x401017]" },
	/* mov %fs:0x28, %rax */
	{ true, "64488b042528000000", "ax=?" },
	/* mov %rax, %fs:(%rdi) */
	{ true, "64488907", "" },
	/* mov %ds, %eax */
	{ true, "8cd8", "ax=?" },
	/* lea 0x10(%rip), %rdi */
	{ true, "488d3d10000000", "di=0x401017" },
	/* lea 4(%rsp), %rax */
	{ true, "488d442404", "ax=sp + 0x4" },
	/* lea (%rdi), %rax */
	{ true, "488d07", "ax=di" },
	/* lea 5(%rdi,%rsi), %rax */
	{ true, "488d443705", "ax=di + si; ax=ax + 0x5" },
	/* lea (%rax,%rax,4), %eax */
	{ true, "8d0480", "t3=ax << 0x2; ax=ax + t3 /4" },
	/* add $-1, %eax */
	{ true, "83c0ff", "ax=ax + -0x1 /4; f=ax cmp 0x0 /4" },
	/* add %rcx, %rax */
	{ true, "4801c8", "ax=ax + cx; f=ax cmp 0x0 /8" },
	/* add %al, (%rdi) */
	{ true, "0007",
	  "t1=1[di,0x0]; t1=t1 + ax /1; f=t1 cmp 0x0 /1; 1[di,0x0]=t1" },
	/* addl $1, 4(%rdi) */
	{ true, "83470401",
	  "t1=4[di,0x4]; t1=t1 + 0x1 /4; f=t1 cmp 0x0 /4; 4[di,0x4]=t1" },
	/* sub $0x41424344, %eax */
	{ true, "2d44434241",
	  "f=ax cmp 0x41424344 /4; ax=ax + -0x41424344 /4" },
	/* sub $0x28, %rsp */
	{ true, "4883ec28", "f=?; sp=sp + -0x28" },
	/* sub %eax, %eax */
	{ true, "29c0", "f=ax cmp ax /4; ax=0x0" },
	/* sub (%rdi), %al */
	{ true, "2a07", "t2=1[di,0x0]; f=ax cmp t2 /1; ax=ax - t2 /1" },
	/* add $8, %rsp */
	{ true, "4883c408", "sp=sp + 0x8; f=?" },
	/* inc %ecx */
	{ true, "ffc1", "cx=cx + 0x1 /4; f=cx cmp 0x0 /4" },
	/* decl (%rdi) */
	{ true, "ff0f",
	  "t1=4[di,0x0]; t1=t1 + -0x1 /4; f=t1 cmp 0x0 /4; 4[di,0x0]=t1" },
	/* sbb %eax, %eax */
	{ true, "19c0", "ax=?; f=?" },
	/* adc %rcx, %rax */
	{ true, "4811c8", "ax=mix ax cx; f=?" },
	/* and $0xf, %al */
	{ true, "240f", "ax=ax & -0xf1 /1; f=ax cmp 0x0 /1" },
	/* and $0x7f, %eax */
	{ true, "83e07f", "ax=ax & 0x7f /4; f=ax cmp 0x0 /4" },
	/* and $-16, %rsp */
	{ true, "4883e4f0", "f=?" },
	/* and $0x7ff0, %esp */
	{ true, "81e4f07f0000", "sp=sp & 0x7ff0 /4; f=?" },
	/* and $0, %eax */
	{ true, "83e000", "ax=0x0; f=ax cmp 0x0 /4" },
	/* and %rcx, %rax */
	{ true, "4821c8", "ax=mix ax cx; f=ax cmp 0x0 /8" },
	/* or $-1, %eax */
	{ true, "83c8ff", "ax=0xffffffff; f=ax cmp 0x0 /4" },
	/* or $0x20, %al */
	{ true, "0c20", "ax=ax | 0x20 /1; f=ax cmp 0x0 /1" },
	/* or %rcx, %rax */
	{ true, "4809c8", "ax=ax | cx; f=ax cmp 0x0 /8" },
	/* or %rax, %rax */
	{ true, "4809c0", "f=ax cmp 0x0 /8" },
	/* xor %eax, %eax */
	{ true, "31c0", "ax=0x0; f=ax cmp 0x0 /4" },
	/* xor $0x55, %eax */
	{ true, "83f055", "ax=ax ^ 0x55 /4; f=ax cmp 0x0 /4" },
	/* xorb $0x55, (%rdi,%rcx) */
	{ true, "80340f55",
	  "t1=1[di+cx,0x0]; t1=t1 ^ 0x55 /1; f=t1 cmp 0x0 /1; "
	  "1[di+cx,0x0]=t1" },
	/* xor %r9, %r8 */
	{ true, "4d31c8", "r8=r8 ^ r9; f=r8 cmp 0x0 /8" },
	/* xor (%rsi), %rax */
	{ true, "483306", "t2=8[si,0x0]; ax=ax ^ t2; f=ax cmp 0x0 /8" },
	/* neg %eax */
	{ true, "f7d8", "f=ax cmp 0x0 /4; ax=mix ax -" },
	/* not %eax */
	{ true, "f7d0", "ax=mix ax -" },
	/* shl $5, %eax */
	{ true, "c1e005",
	  "ax=ax << 0x5 /4; ax=ax & 0xffffffff /4; f=ax cmp 0x0 /4" },
	/* shl $5, %rax */
	{ true, "48c1e005", "ax=ax << 0x5; f=ax cmp 0x0 /8" },
	/* shr $8, %eax */
	{ true, "c1e808",
	  "ax=ax & 0xffffffff /4; ax=ax << -0x8 /4; f=ax cmp 0x0 /4" },
	/* shr $4, %al */
	{ true, "c0e804",
	  "ax=ax & 0xff /1; ax=ax << -0x4 /1; f=ax cmp 0x0 /1" },
	/* sar $1, %eax */
	{ true, "d1f8", "ax=mix ax -; f=ax cmp 0x0 /4" },
	/* shl %cl, %eax */
	{ true, "d3e0", "ax=mix ax cx; f=ax cmp 0x0 /4" },
	/* rol $8, %ax */
	{ true, "66c1c008", "ax=mix ax -; f=?" },
	/* bswap %eax */
	{ true, "0fc8", "ax=mix ax -" },
	/* imul $10, %eax, %eax */
	{ true, "6bc00a", "ax=mix ax -; f=?" },
	/* imul %rcx, %rax */
	{ true, "480fafc1", "ax=mix ax cx; f=?" },
	/* mul %rcx */
	{ true, "48f7e1", "dx=mix ax cx; ax=mix ax cx; f=?" },
	/* div %cl */
	{ true, "f6f1", "ax=mix ax cx; f=?" },
	/* cltq */
	{ true, "4898", "ax=ax /4" },
	/* cqto */
	{ true, "4899", "dx=mix ax -" },
	/* bsf %rdi, %rax */
	{ true, "480fbcc7", "ax=mix di -; f=?" },
	/* shlx %rax, %rcx, %rdx */
	{ true, "c4e2f9f7d1", "dx=mix cx ax" },
	/* bt $3, %eax */
	{ true, "0fbae003", "f=?" },
	/* bts $3, %eax */
	{ true, "0fbae803", "ax=ax | 0x8 /4; f=?" },
	/* btr %ecx, %eax */
	{ true, "0fb3c8", "ax=mix ax cx; f=?" },
	/* cmpb $0x41, 3(%rax) */
	{ true, "80780341", "t1=1[ax,0x3]; f=t1 cmp 0x41 /1" },
	/* cmp $-1, %ax */
	{ true, "6683f8ff", "f=ax cmp 0xffff /2" },
	/* cmp $0x80, %al */
	{ true, "3c80", "f=ax cmp 0x80 /1" },
	/* cmp %rsi, %rdi */
	{ true, "4839f7", "f=di cmp si /8" },
	/* cmp $-2, %rax */
	{ true, "4883f8fe", "f=ax cmp -0x2 /8" },
	/* cmpl $0x1234, 0x10(%rip) */
	{ true, "813d1000000034120000",
	  "t1=4[-,0x40101a]; f=t1 cmp 0x1234 /4" },
	/* cmpb $0, %fs:0x28 */
	{ true, "64803c252800000000", "t1=?; f=t1 cmp 0x0 /1" },
	/* cmp $5, %ah */
	{ true, "80fc05", "t1=ax << -0x8; t1=t1 & 0xff; f=t1 cmp 0x5 /1" },
	/* test %eax, %eax */
	{ true, "85c0", "f=ax cmp 0x0 /4" },
	/* test $0x40, %ah */
	{ true, "f6c440", "t1=ax << -0x8; t1=t1 & 0xff; f=t1 test 0x40 /1" },
	/* test $-1, %al */
	{ true, "a8ff", "f=ax cmp 0x0 /1" },
	/* testl $4, (%rdi) */
	{ true, "f70704000000", "t1=4[di,0x0]; f=t1 test 0x4 /4" },
	/* sete %al */
	{ true, "0f94c0", "ax=eq f" },
	/* setne (%rdi) */
	{ true, "0f9507", "t1=ne f; 1[di,0x0]=t1" },
	/* setg %dl */
	{ true, "0f9fc2", "dx=gt f" },
	/* cmovne %rcx, %rax */
	{ true, "480f45c1", "ax=ne f cx" },
	/* cmovae (%rdi), %eax */
	{ true, "0f4307", "t1=4[di,0x0]; ax=gt f t1 /4" },
	/* xchg %rax, %rbx */
	{ true, "4893", "t1=ax; t2=bx; bx=t1; ax=t2" },
	/* xchg %rax, (%rax) */
	{ true, "488700", "t1=8[ax,0x0]; t2=ax; 8[ax,0x0]=t2; ax=t1" },
	/* lock xadd %rax, (%rdx) */
	{ true, "f0480fc102",
	  "t1=8[dx,0x0]; t2=ax; t2=t2 + t1; 8[dx,0x0]=t2; ax=t1; f=?" },
	/* lock cmpxchg %ecx, (%rdx) */
	{ true, "f00fb10a",
	  "t1=4[dx,0x0]; f=ax cmp t1 /4; t1=?; 4[dx,0x0]=t1; ax=?" },
	/* call 0x401800 */
	{ true, "e8fb070000", "call 0x401800" },
	/* call .+5 */
	{ true, "e800000000",
	  "sp=sp + -0x8; 8[sp,0x0]=0x401005; link 0x401005" },
	/* call *%rax */
	{ true, "ffd0", "call * ax" },
	/* call *0x10(%rip) */
	{ true, "ff1510000000", "t1=8[-,0x401016]; call * t1" },
	/* bnd jmp *0x10(%rip) */
	{ true, "f2ff2510000000", "t1=8[-,0x401017]; jump * t1" },
	/* notrack jmp *%rax */
	{ true, "3effe0", "jump * ax" },
	/* notrack jmp *0x402000(,%rax,8) */
	{ true, "3eff24c500204000",
	  "t3=ax << 0x3; t1=8[t3,0x402000]; jump * t1" },
	/* jmp 0x401800 */
	{ true, "e9fb070000", "jump 0x401800" },
	/* je 0x401010 */
	{ true, "0f840a000000", "branch eq f 0x401010" },
	/* jne 0x401010 */
	{ true, "0f850a000000", "branch ne f 0x401010" },
	/* jbe 0x401010 */
	{ true, "0f860a000000", "branch lt f 0x401010" },
	/* js 0x401010 */
	{ true, "0f880a000000", "branch lt f 0x401010" },
	/* jp 0x401010 */
	{ true, "0f8a0a000000", "branch odd f 0x401010" },
	/* jrcxz .+0x10 */
	{ true, "e30e", "own=cx cmp 0x0 /8; branch eq own 0x401010" },
	/* loop .+0x10 */
	{ true, "e20e",
	  "cx=cx + -0x1; own=cx cmp 0x0 /8; branch ne own 0x401010" },
	/* ret */
	{ true, "c3", "return" },
	/* ret $8 */
	{ true, "c20800", "sp=sp + 0x8; return" },
	/* leave */
	{ true, "c9", "sp=bp; bp=8[sp,0x0]; sp=sp + 0x8" },
	/* push %rbx */
	{ true, "53", "sp=sp + -0x8; 8[sp,0x0]=bx" },
	/* push %rsp */
	{ true, "54", "t1=sp; sp=sp + -0x8; 8[sp,0x0]=t1" },
	/* push $-1 */
	{ true, "6aff", "sp=sp + -0x8; 8[sp,0x0]=-0x1" },
	/* push (%rdi) */
	{ true, "ff37", "t1=8[di,0x0]; sp=sp + -0x8; 8[sp,0x0]=t1" },
	/* pop %rbx */
	{ true, "5b", "bx=8[sp,0x0]; sp=sp + 0x8" },
	/* pop %rsp */
	{ true, "5c", "sp=8[sp,0x0]" },
	/* popq 8(%rsp) */
	{ true, "8f442408", "t1=8[sp,0x0]; sp=sp + 0x8; 8[sp,0x8]=t1" },
	/* pushfq */
	{ true, "9c", "t1=?; sp=sp + -0x8; 8[sp,0x0]=t1" },
	/* popfq */
	{ true, "9d", "f=?; t1=8[sp,0x0]; sp=sp + 0x8" },
	/* enter $16, $0 */
	{ true, "c8100000",
	  "sp=sp + -0x8; 8[sp,0x0]=bp; bp=sp; sp=sp + -0x10" },
	/* enter $16, $1 */
	{ true, "c8100001", "no code" },
	/* syscall */
	{ true, "0f05", "ax=syscall ax; cx=?; r11=?" },
	/* int $0x80 */
	{ true, "cd80", "ax=?" },
	/* int3 */
	{ true, "cc", "stop" },
	/* int $3 */
	{ true, "cc", "stop" },
	/* int $0x21 */
	{ true, "cd21", "no code" },
	/* ud2 */
	{ true, "0f0b", "stop" },
	/* hlt */
	{ true, "f4", "stop" },
	/* endbr64 */
	{ true, "f30f1efa", "" },
	/* nopw 0(%rax,%rax) */
	{ true, "660f1f0400", "" },
	/* pause */
	{ true, "f390", "" },
	/* movsb */
	{ true, "a4", "t1=1[si,0x0]; 1[di,0x0]=t1; si=si + 0x1; di=di + 0x1" },
	/* rep movsq */
	{ true, "f348a5", "t1=?; 8[di,0x0]=t1; cx=0x0; si=?; di=?" },
	/* stosl */
	{ true, "ab", "4[di,0x0]=ax; di=di + 0x4" },
	/* rep stosq */
	{ true, "f348ab", "8[di,0x0]=ax; cx=0x0; di=?" },
	/* lodsb */
	{ true, "ac", "ax=1[si,0x0]; si=si + 0x1" },
	/* cmpsb */
	{ true, "a6",
	  "t1=1[si,0x0]; t2=1[di,0x0]; f=t1 cmp t2 /1; si=si + 0x1; di=di + "
	  "0x1" },
	/* repe cmpsb */
	{ true, "f3a6",
	  "t1=1[si,0x0]; t2=1[di,0x0]; f=t1 cmp t2 /1; si=?; di=?; cx=?" },
	/* scasb */
	{ true, "ae", "t1=1[di,0x0]; f=ax cmp t1 /1; di=di + 0x1" },
	/* repne scasb */
	{ true, "f2ae", "t1=1[di,0x0]; f=?; cx=?; di=?" },
	/* movaps (%rdi), %xmm1 */
	{ true, "0f280f", "v2=8[di,0x0]; v3=8[di,0x8]" },
	/* movdqu (%rdi,%rcx,2), %xmm1 */
	{ true, "f30f6f0c4f",
	  "t3=cx << 0x1; v2=8[di+t3,0x0]; v3=8[di+t3,0x8]" },
	/* movaps %xmm1, 16(%rsp) */
	{ true, "0f294c2410", "8[sp,0x10]=v2; 8[sp,0x18]=v3" },
	/* movdqa 0x10(%rip), %xmm0 */
	{ true, "660f6f0510000000", "v0=8[-,0x401018]; v1=8[-,0x401020]" },
	/* movaps %xmm1, %xmm2 */
	{ true, "0f28d1", "v4=v2; v5=v3" },
	/* movq %rax, %xmm0 */
	{ true, "66480f6ec0", "v0=ax; v1=0x0" },
	/* movq %xmm0, %rax */
	{ true, "66480f7ec0", "ax=v0" },
	/* movd %eax, %xmm0 */
	{ true, "660f6ec0", "v0=ax; v0=v0 & 0xffffffff; v1=0x0" },
	/* movd %xmm0, %eax */
	{ true, "660f7ec0", "ax=v0; ax=ax & 0xffffffff" },
	/* movq (%rdi), %xmm15 */
	{ true, "f3440f7e3f", "v30=8[di,0x0]; v31=0x0" },
	/* movq %xmm0, (%rsp) */
	{ true, "660fd60424", "8[sp,0x0]=v0" },
	/* movd %xmm0, (%rsp) */
	{ true, "660f7e0424", "4[sp,0x0]=v0" },
	/* movhps 8(%rdi), %xmm0 */
	{ true, "0f164708", "v1=8[di,0x8]" },
	/* movhps %xmm0, 8(%rdi) */
	{ true, "0f174708", "8[di,0x8]=v1" },
	/* movlhps %xmm1, %xmm0 */
	{ true, "0f16c1", "v1=v2" },
	/* punpcklqdq %xmm1, %xmm0 */
	{ true, "660f6cc1", "v1=v2" },
	/* punpckhqdq %xmm1, %xmm0 */
	{ true, "660f6dc1", "v0=v1; v1=v3" },
	/* pshufd $0xee, %xmm0, %xmm1 */
	{ true, "660f70c8ee", "t1=v1; t2=v1; v2=t1; v3=t2" },
	/* pshufd $0x1b, %xmm0, %xmm1 */
	{ true, "660f70c81b", "v2=?; v3=?" },
	/* psrldq $8, %xmm0 */
	{ true, "660f73d808", "v0=v1; v1=0x0" },
	/* pinsrq $1, %rdx, %xmm0 */
	{ true, "66480f3a22c201", "v1=dx" },
	/* pinsrd $1, %edx, %xmm0 */
	{ true, "660f3a22c201",
	  "t2=dx /4; t2=t2 & 0xffffffff; t2=t2 << 0x20; v0=v0 & 0xffffffff; "
	  "v0=v0 | t2" },
	/* pextrq $1, %xmm0, %rax */
	{ true, "66480f3a16c001", "ax=v1" },
	/* movsd (%rdi), %xmm0 */
	{ true, "f20f1007", "v0=8[di,0x0]; v1=0x0" },
	/* movsd %xmm1, %xmm0 */
	{ true, "f20f10c1", "v0=v2" },
	/* pxor %xmm0, %xmm0 */
	{ true, "660fefc0", "v0=0x0; v1=0x0" },
	/* pxor (%rdi), %xmm0 */
	{ true, "660fef07",
	  "t2=8[di,0x0]; v0=v0 ^ t2; t2=8[di,0x8]; v1=v1 ^ t2" },
	/* por %xmm1, %xmm0 */
	{ true, "660febc1", "v0=v0 | v2; v1=v1 | v3" },
	/* pcmpeqb 0x10(%rip), %xmm0 */
	{ true, "660f740510000000",
	  "t2=8[-,0x401018]; v0=v0 ^ t2; t2=8[-,0x401020]; v1=v1 ^ t2" },
	/* pcmpeqd %xmm0, %xmm0 */
	{ true, "660f76c0", "v0=-0x1; v1=-0x1" },
	/* pmovmskb %xmm0, %eax */
	{ true, "660fd7c0", "t1=v0 | v1; ax=t1 ^ 0xffff" },
	/* ptest %xmm0, %xmm0 */
	{ true, "660f3817c0", "t1=v0 | v1; f=t1 cmp 0x0 /8" },
	/* paddb %xmm1, %xmm0 */
	{ true, "660ffcc1", "v0=mix v0 v2; v1=mix v1 v3" },
	/* vmovdqu (%rdi), %ymm0 */
	{ true, "c5fe6f07", "v0=8[di,0x0]; v1=8[di,0x8]" },
	/* vmovdqu %ymm0, (%rdi) */
	{ true, "c5fe7f07",
	  "8[di,0x0]=v0; 8[di,0x8]=v1; t1=?; 8[di,0x10]=t1; 8[di,0x18]=t1" },
	/* vpxor %xmm2, %xmm1, %xmm0 */
	{ true, "c5f1efc2", "v0=v2 ^ v4; v1=v3 ^ v5" },
	/* vpcmpeqb (%rsi), %ymm0, %ymm1 */
	{ true, "c5fd740e",
	  "t2=8[si,0x0]; v2=v0 ^ t2; t2=8[si,0x8]; v3=v1 ^ t2" },
	/* vpmovmskb %ymm1, %eax */
	{ true, "c5fdd7c1", "ax=?" },
	/* cvttsd2si %xmm0, %eax */
	{ true, "f20f2cc0", "ax=?" },
	/* fstpt (%rsp) */
	{ true, "db3c24", "t1=?; 8[sp,0x0]=t1; 2[sp,0x8]=t1" },
	/* fnstcw (%rsp) */
	{ true, "d93c24", "t1=?; 2[sp,0x0]=t1" },
	/* cpuid */
	{ true, "0fa2", "ax=?; bx=?; cx=?; dx=?" },
	/* rdtsc */
	{ true, "0f31", "ax=?; dx=?" },
	/* movbe (%rdi), %eax */
	{ true, "0f38f007", "t2=4[di,0x0]; ax=mix t2 -" },
	/* lret */
	{ true, "cb", "no code" },
	/* mov 0x80400000, %eax */
	{ false, "a100004080", "ax=4[-,0x80400000]" },
	/* mov 0x80400000, %ecx */
	{ false, "8b0d00004080", "cx=4[-,0x80400000]" },
	/* movl $-1, 0x80400000 */
	{ false, "c70500004080ffffffff", "4[-,0x80400000]=0xffffffff" },
	/* lea 0x80400000, %eax */
	{ false, "8d0500004080", "ax=0x80400000" },
	/* lea -0x2000(%ebx), %eax */
	{ false, "8d8300e0ffff", "ax=bx + -0x2000" },
	/* mov %gs:0x14, %eax */
	{ false, "65a114000000", "ax=?" },
	/* call *0x10(%ebx) */
	{ false, "ff5310", "t1=4[bx,0x10]; call * t1" },
	/* jmp *0x80400000 */
	{ false, "ff2500004080", "t1=4[-,0x80400000]; jump * t1" },
	/* jmp *-0x100(%ebx,%eax,4) */
	{ false, "ffa48300ffffff",
	  "t3=ax << 0x2; t1=4[bx+t3,-0x100]; jump * t1" },
	/* call *%gs:0x10 */
	{ false, "65ff1510000000", "ax=syscall ax" },
	/* call .+5 */
	{ false, "e800000000",
	  "sp=sp + -0x4; 4[sp,0x0]=0x401005; link 0x401005" },
	/* call 0xf0001000 */
	{ false, "e8fbffbfef", "call 0xf0001000" },
	/* push $-1 */
	{ false, "6aff", "sp=sp + -0x4; 4[sp,0x0]=0xffffffff" },
	/* push $0x80000000 */
	{ false, "6800000080", "sp=sp + -0x4; 4[sp,0x0]=0x80000000" },
	/* push %ds */
	{ false, "1e", "t1=?; sp=sp + -0x4; 4[sp,0x0]=t1" },
	/* pushal */
	{ false, "60",
	  "4[sp,-0x4]=ax; 4[sp,-0x8]=cx; 4[sp,-0xc]=dx; 4[sp,-0x10]=bx; "
	  "4[sp,-0x14]=sp; 4[sp,-0x18]=bp; 4[sp,-0x1c]=si; 4[sp,-0x20]=di; "
	  "sp=sp + -0x20" },
	/* popal */
	{ false, "61",
	  "ax=4[sp,0x1c]; cx=4[sp,0x18]; dx=4[sp,0x14]; bx=4[sp,0x10]; "
	  "bp=4[sp,0x8]; si=4[sp,0x4]; di=4[sp,0x0]; sp=sp + 0x20" },
	/* push (%edi) */
	{ false, "ff37", "t1=4[di,0x0]; sp=sp + -0x4; 4[sp,0x0]=t1" },
	/* pop %ebx */
	{ false, "5b", "bx=4[sp,0x0]; sp=sp + 0x4" },
	/* pop 4(%esp) */
	{ false, "8f442404", "t1=4[sp,0x0]; sp=sp + 0x4; 4[sp,0x4]=t1" },
	/* ret $4 */
	{ false, "c20400", "sp=sp + 0x4; return" },
	/* leave */
	{ false, "c9", "sp=bp; bp=4[sp,0x0]; sp=sp + 0x4" },
	/* and $-16, %esp */
	{ false, "83e4f0", "f=?" },
	/* shl $5, %eax */
	{ false, "c1e005", "ax=ax << 0x5; f=ax cmp 0x0 /4" },
	/* mov $0xfffffff0, %eax */
	{ false, "b8f0ffffff", "ax=0xfffffff0" },
	/* add $0xffffe000, %ebx */
	{ false, "81c300e0ffff", "bx=bx + -0x2000; f=bx cmp 0x0 /4" },
	/* cmp $0x80000000, %eax */
	{ false, "3d00000080", "f=ax cmp 0x80000000 /4" },
	/* int $0x80 */
	{ false, "cd80", "ax=syscall ax" },
	/* sysenter */
	{ false, "0f34", "ax=syscall ax" },
	/* endbr32 */
	{ false, "f30f1efb", "" },
	/* lea 0(%esi), %esi */
	{ false, "8d36", "si=si" },
	/* rep movsl */
	{ false, "f3a5", "t1=?; 4[di,0x0]=t1; cx=0x0; si=?; di=?" },
	/* repe cmpsb */
	{ false, "f3a6",
	  "t1=1[si,0x0]; t2=1[di,0x0]; f=t1 cmp t2 /1; si=?; di=?; cx=?" },
	/* movaps (%eax), %xmm1 */
	{ false, "0f2808",
	  "v4=4[ax,0x0]; v5=4[ax,0x4]; v6=4[ax,0x8]; v7=4[ax,0xc]" },
	/* movq (%eax), %xmm1 */
	{ false, "f30f7e08", "v4=4[ax,0x0]; v5=4[ax,0x4]; v6=0x0; v7=0x0" },
	/* movq %xmm0, (%esp) */
	{ false, "660fd60424", "4[sp,0x0]=v0; 4[sp,0x4]=v1" },
	/* movd %eax, %xmm7 */
	{ false, "660f6ef8", "v28=ax; v29=0x0; v30=0x0; v31=0x0" },
	/* pxor %xmm0, %xmm0 */
	{ false, "660fefc0", "v0=0x0; v1=0x0; v2=0x0; v3=0x0" },
	/* pshufd $0x4e, %xmm0, %xmm0 */
	{ false, "660f70c04e",
	  "t1=v2; t2=v0; v0=t1; v2=t2; t1=v3; t2=v1; v1=t1; v3=t2" },
	/* pcmpeqb (%eax), %xmm0 */
	{ false, "660f7400",
	  "t2=4[ax,0x0]; v0=v0 ^ t2; t2=4[ax,0x4]; v1=v1 ^ t2; t2=4[ax,0x8]; "
	  "v2=v2 ^ t2; t2=4[ax,0xc]; v3=v3 ^ t2" },
	/* pmovmskb %xmm0, %eax */
	{ false, "660fd7c0",
	  "t1=v0 | v1; t1=t1 | v2; t1=t1 | v3; ax=t1 ^ 0xffff" },
	/* pinsrd $3, %edx, %xmm0 */
	{ false, "660f3a22c203", "v3=dx" },
	/* movq %mm0, (%esp) */
	{ false, "0f7f0424", "t1=?; 4[sp,0x0]=t1; t1=?; 4[sp,0x4]=t1" },
	/* movw (%bx,%si), %ax */
	{ false, "67668b00", "ax=?" },
	/* lcall $0, $0 */
	{ false, "9a000000000000", "no code" },
	/* les 8(%edx), %eax */
	{ false, "c44208", "no code" },
	/* into */
	{ false, "ce", "no code" },
};
