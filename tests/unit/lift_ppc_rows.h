// clang-format off: a row a line
/* lift_ppc_rows.h - words, what they are, what they become */
{ 0x9421ffe0, /* stwu r1,-32(r1) */
	"4[sp,-0x20]=sp; sp=sp + -0x20", NULL },
{ 0x7c0802a6, /* mflr r0 */
	"r0=lr", NULL },
{ 0x90010024, /* stw r0,36(r1) */
	"4[sp,0x24]=r0", NULL },
{ 0x3860ffff, /* li r3,-1 */
	"r3=0xffffffff", NULL },
{ 0x3d201000, /* lis r9,4096 */
	"r9=0x10000000", NULL },
{ 0x3fc0ffff, /* lis r30,-1 */
	"r30=0xffff0000", NULL },
{ 0x38698000, /* addi r3,r9,-32768 */
	"r3=r9 + -0x8000", NULL },
{ 0x3d3e0001, /* addis r9,r30,1 */
	"r9=r30 + 0x10000", NULL },
{ 0x3129ffff, /* addic r9,r9,-1 */
	"cane=?; caeq=?; cane=r9 cmp 0x0; r9=r9 + -0x1", NULL },
{ 0x3529ffff, /* addic. r9,r9,-1 */
	"cane=?; caeq=?; cane=r9 cmp 0x0; r9=r9 + -0x1; cr0=r9 cmp 0x0", NULL },
{ 0x20690005, /* subfic r3,r9,5 */
	"cane=?; caeq=?; t1=0x5; r3=t1 - r9", NULL },
{ 0x7c642a14, /* add r3,r4,r5 */
	"r3=r4 + r5", NULL },
{ 0x7c642a15, /* add. r3,r4,r5 */
	"r3=r4 + r5; cr0=r3 cmp 0x0", NULL },
{ 0x7c642850, /* subf r3,r4,r5 */
	"r3=r5 - r4", NULL },
{ 0x60638000, /* ori r3,r3,32768 */
	"r3=r3 | 0x8000", NULL },
{ 0x64631234, /* oris r3,r3,4660 */
	"r3=r3 | 0x12340000", NULL },
{ 0x68630042, /* xori r3,r3,66 */
	"r3=r3 ^ 0x42", NULL },
{ 0x6c696865, /* xoris r9,r3,26725 */
	"r9=r3 ^ 0x68650000", NULL },
{ 0x706900ff, /* andi. r9,r3,255 */
	"r9=r3 & 0xff; cr0=r9 cmp 0x0", NULL },
{ 0x74698000, /* andis. r9,r3,32768 */
	"r9=r3 & 0x80000000; cr0=r9 cmp 0x0", NULL },
{ 0x7c7f1b78, /* mr r31,r3 */
	"r31=r3", NULL },
{ 0x7c7f1b79, /* mr. r31,r3 */
	"r31=r3; cr0=r31 cmp 0x0", NULL },
{ 0x60000000, /* nop */
	"", NULL },
{ 0x7c832b78, /* or r3,r4,r5 */
	"r3=r4 | r5", NULL },
{ 0x7c832838, /* and r3,r4,r5 */
	"r3=mix r4 r5", NULL },
{ 0x7c832a78, /* xor r3,r4,r5 */
	"r3=r4 ^ r5", NULL },
{ 0x7c8320f8, /* not r3,r4 */
	"r3=r4 ^ 0xffffffff", NULL },
{ 0x7c6400d0, /* neg r3,r4 */
	"r3=mix r4 -", NULL },
{ 0x5483103a, /* slwi r3,r4,2 */
	"r3=r4 << 0x2", NULL },
{ 0x5483463e, /* srwi r3,r4,24 */
	"r3=r4 << -0x18", NULL },
{ 0x5483063e, /* clrlwi r3,r4,24 */
	"r3=r4 & 0xff", NULL },
{ 0x5483c63e, /* rlwinm r3,r4,24,24,31 */
	"r3=r4 << -0x8; r3=r3 & 0xff", NULL },
{ 0x54830636, /* rlwinm r3,r4,0,24,27 */
	"r3=r4 & 0xf0", NULL },
{ 0x54830637, /* rlwinm. r3,r4,0,24,27 */
	"r3=r4 & 0xf0; cr0=r3 cmp 0x0", NULL },
{ 0x5483403e, /* rotlwi r3,r4,8 */
	"r3=mix r4 -", NULL },
{ 0x5083442e, /* rlwimi r3,r4,8,16,23 */
	"r3=mix r4 r3", NULL },
{ 0x7c830774, /* extsb r3,r4 */
	"r3=r4", NULL },
{ 0x7c830775, /* extsb. r3,r4 */
	"r3=r4; cr0=r3 cmp 0x0", NULL },
{ 0x7c830734, /* extsh r3,r4 */
	"r3=r4", NULL },
{ 0x807efffc, /* lwz r3,-4(r30) */
	"r3=4[r30,-0x4]", NULL },
{ 0x88640002, /* lbz r3,2(r4) */
	"r3=1[r4,0x2]", NULL },
{ 0xa0640002, /* lhz r3,2(r4) */
	"r3=2[r4,0x2]", NULL },
{ 0xa8640002, /* lha r3,2(r4) */
	"r3=2[r4,0x2]", NULL },
{ 0x80600010, /* lwz r3,16(0) */
	"r3=4[-,0x10]", NULL },
{ 0x84690004, /* lwzu r3,4(r9) */
	"r9=r9 + 0x4; r3=4[r9,0x0]", NULL },
{ 0x8c690001, /* lbzu r3,1(r9) */
	"r9=r9 + 0x1; r3=1[r9,0x0]", NULL },
{ 0x7c69202e, /* lwzx r3,r9,r4 */
	"r3=4[r9+r4,0x0]", NULL },
{ 0x7c6020ae, /* lbzx r3,0,r4 */
	"r3=1[r4,0x0]", NULL },
{ 0x7c6920ee, /* lbzux r3,r9,r4 */
	"r9=r9 + r4; r3=1[r9,0x0]", NULL },
{ 0x90610008, /* stw r3,8(r1) */
	"4[sp,0x8]=r3", NULL },
{ 0x98640000, /* stb r3,0(r4) */
	"1[r4,0x0]=r3", NULL },
{ 0xb0640000, /* sth r3,0(r4) */
	"2[r4,0x0]=r3", NULL },
{ 0x9c640001, /* stbu r3,1(r4) */
	"1[r4,0x1]=r3; r4=r4 + 0x1", NULL },
{ 0xbfa10014, /* stmw r29,20(r1) */
	"4[sp,0x14]=r29; 4[sp,0x18]=r30; 4[sp,0x1c]=r31", NULL },
{ 0xbba10014, /* lmw r29,20(r1) */
	"r29=4[sp,0x14]; r30=4[sp,0x18]; r31=4[sp,0x1c]", NULL },
{ 0x7c69212e, /* stwx r3,r9,r4 */
	"4[r9+r4,0x0]=r3", NULL },
{ 0x7c60242c, /* lwbrx r3,0,r4 */
	"r3=4[r4,0x0]; r3=mix r3 -", NULL },
{ 0x2c03fffb, /* cmpwi r3,-5 */
	"cr0=r3 cmp -0x5", NULL },
{ 0x2f830068, /* cmpwi cr7,r3,104 */
	"cr7=r3 cmp 0x68", NULL },
{ 0x2b03fff0, /* cmplwi cr6,r3,65520 */
	"cr6=r3 cmp 0xfff0", NULL },
{ 0x7f832000, /* cmpw cr7,r3,r4 */
	"cr7=r3 cmp r4", NULL },
{ 0x7c032040, /* cmplw r3,r4 */
	"cr0=r3 cmp r4", NULL },
{ 0x48000010, /* b */
	"jump 0x401010", NULL },
{ 0x48000041, /* bl */
	"lr=0x401004; call 0x401040", NULL },
{ 0x4e800020, /* blr */
	"return", NULL },
{ 0x4e800420, /* bctr */
	"jump * ctr", NULL },
{ 0x4e800421, /* bctrl */
	"lr=0x401004; call * ctr", NULL },
{ 0x4e800021, /* blrl */
	"t1=lr; lr=0x401004; call * t1", NULL },
{ 0x429f0005, /* bcl 20,31,.+4 */
	"lr=0x401004; link", NULL },
{ 0x41820010, /* beq */
	"branch eq cr0 0x401010", NULL },
{ 0x409e0010, /* bne cr7 */
	"branch ne cr7 0x401010", NULL },
{ 0x4199fff0, /* bgt cr6 */
	"branch gt cr6 0x400ff0", NULL },
{ 0x40840008, /* bge cr1 */
	"branch gt cr1 0x401008", NULL },
{ 0x41800008, /* blt */
	"branch lt cr0 0x401008", NULL },
{ 0x41830008, /* bso */
	"branch odd cr0 0x401008", NULL },
{ 0x42000008, /* bdnz */
	"ctr=ctr + -0x1; own=?; branch odd own 0x401008", NULL },
{ 0x42400008, /* bdz */
	"ctr=ctr + -0x1; own=?; branch odd own 0x401008", NULL },
{ 0x4d820020, /* beqlr */
	"return eq cr0", NULL },
{ 0x4c9e0020, /* bnelr cr7 */
	"return ne cr7", NULL },
{ 0x4d810020, /* bgtlr */
	"return gt cr0", NULL },
{ 0x4d820420, /* beqctr */
	"return eq cr0", NULL },
{ 0x7c0803a6, /* mtlr r0 */
	"lr=r0", NULL },
{ 0x7d2903a6, /* mtctr r9 */
	"ctr=r9", NULL },
{ 0x7d2902a6, /* mfctr r9 */
	"r9=ctr", NULL },
{ 0x7d800026, /* mfcr r12 */
	"r12=?", NULL },
{ 0x7d820120, /* mtcrf 32,r12 */
	"cr2=?", NULL },
{ 0x7c64289e, /* iseleq r3,r4,r5 */
	"r3=r5; r3=eq cr0 r4", NULL },
{ 0x7c830034, /* cntlzw r3,r4 */
	"own=r4 cmp 0x0; r3=eq own", NULL },
{ 0x44000002, /* sc */
	"r3=syscall r0; r0=?; r4=?; r5=?; r6=?; r7=?; r8=?; r9=?; r10=?; r11=?; r12=?; ctr=?; cr0=?", NULL },
{ 0x7fe00008, /* trap */
	"stop", NULL },
{ 0x0fe00000, /* twui r0,0 */
	"stop", NULL },
{ 0x0c830000, /* tweqi r3,0 */
	"", NULL },
{ 0x0cc90005, /* twllei r9,5 */
	"", NULL },
{ 0x7c6429d6, /* mullw r3,r4,r5 */
	"r3=mix r4 r5", NULL },
{ 0x1c64000a, /* mulli r3,r4,10 */
	"r3=mix r4 -", NULL },
{ 0x7c642bd6, /* divw r3,r4,r5 */
	"r3=mix r4 r5", NULL },
{ 0x7c832830, /* slw r3,r4,r5 */
	"r3=mix r4 r5", NULL },
{ 0x7c83fe70, /* srawi r3,r4,31 */
	"r3=mix r4 -; cane=?; caeq=?", NULL },
{ 0x7c83fe71, /* srawi. r3,r4,31 */
	"r3=mix r4 -; cane=?; caeq=?; cr0=r3 cmp 0x0", NULL },
{ 0x7c0004ac, /* hwsync */
	"", NULL },
{ 0x4c00012c, /* isync */
	"", NULL },
{ 0x7c602028, /* lwarx r3,0,r4 */
	"r3=4[r4,0x0]", NULL },
{ 0x7c60212d, /* stwcx. r3,0,r4 */
	"4[r4,0x0]=r3; cr0=?", NULL },
{ 0xc8010008, /* lfd f0,8(r1) */
	"fpr=8[sp,0x8]", NULL },
{ 0xd8010008, /* stfd f0,8(r1) */
	"8[sp,0x8]=fpr", NULL },
{ 0xd0210008, /* stfs f1,8(r1) */
	"t1=mix fpr -; 4[sp,0x8]=t1", NULL },
{ 0xfc201090, /* fmr f1,f2 */
	"fpr=?", NULL },
{ 0xfc22182a, /* fadd f1,f2,f3 */
	"fpr=?", NULL },
{ 0xff811000, /* fcmpu cr7,f1,f2 */
	"cr7=?", NULL },
{ 0x7c631910, /* subfe r3,r3,r3 */
	"r3=?; cane=?; caeq=?", NULL },
{ 0x7c640194, /* addze r3,r4 */
	"r3=?; cane=?; caeq=?", NULL },
{ 0x7c642810, /* subfc r3,r4,r5 */
	"r3=r5 - r4; cane=?; caeq=?", NULL },
{ 0x7c6c42e6, /* mftb r3 */
	"r3=?", NULL },
{ 0x4fdcf382, /* cror 4*cr7+eq,4*cr7+lt,4*cr7+eq */
	"cr7=?", NULL },
{ 0x4cc63182, /* crclr 4*cr1+eq */
	"cr1=?", NULL },
{ 0x7c001a2c, /* dcbtct 0,r3 */
	"", NULL },
{ 0x7c60252c, /* stwbrx r3,0,r4 */
	"t1=mix r3 -; 4[r4,0x0]=t1", NULL },
{ 0x7c69206e, /* lwzux r3,r9,r4 */
	"r9=r9 + r4; r3=4[r9,0x0]", NULL },
{ 0x7c21496e, /* stwux r1,r1,r9 */
	"4[sp+r9,0x0]=sp; sp=sp + r9", NULL },
{ 0x7c691910, /* subfe r3,r9,r3 */
	"r3=ne cane; cane=?; caeq=?", NULL },
{ 0x21230000, /* subfic r9,r3,0 */
	"cane=?; caeq=?; caeq=r3 cmp 0x0; r9=mix r3 -", NULL },
{ 0x7d291914, /* adde r9,r9,r3 */
	"r9=eq caeq; cane=?; caeq=?", NULL },
{ 0x7c6301d4, /* addme r3,r3 */
	"r3=?; cane=?; caeq=?", NULL },
{ 0x5463d97e, /* srwi r3,r3,5 */
	"", NULL },
{ 0x7c63289e, /* iseleq r3,r3,r5 */
	"r3=ne cr0 r5", NULL },
{ 0x7c602f9e, /* isel r3,0,r5,4*cr7+eq */
	"r3=r5; r3=eq cr7 0x0", NULL },
{ 0x7c64185e, /* iselgt r3,r4,r3 */
	"r3=gt cr0 r4", NULL },
{ 0x5483443e, /* rlwinm r3,r4,8,16,31 */
	"r3=mix r4 -", NULL },
{ 0x5483163a, /* rlwinm r3,r4,2,24,29 */
	"r3=r4 << 0x2; r3=r3 & 0xfc", NULL },
{ 0x5463003c, /* clrrwi r3,r3,1 */
	"r3=r3 & 0xfffffffe", NULL },
{ 0x7ca444aa, /* lswi r5,r4,8 */
	"r5=4[r4,0x0]; r6=4[r4,0x4]", NULL },
{ 0x7ca435aa, /* stswi r5,r4,6 */
	"4[r4,0x0]=r5; 4[r4,0x4]=r6", NULL },
{ 0x4f800000, /* mcrf cr7,cr0 */
	"cr7=cr0", NULL },
{ 0x0c830000, /* tweqi r3,0 */
	"", NULL },
{ 0x7c2018ce, /* lvx v1,0,r3 */
	"fpr=?", NULL },
{ 0x7c2019ce, /* stvx v1,0,r3 */
	"t1=?; 8[r3,0x0]=t1; 8[r3,0x8]=t1", NULL },
{ 0xb8a40000, /* lmw r5,0(r4) */
	"no code", NULL },
{ 0xdc21fff8, /* stfdu f1,-8(r1) */
	"8[sp,-0x8]=fpr; sp=sp + -0x8", NULL },
{ 0x7c832078, /* andc r3,r4,r4 */
	"r3=0x0", NULL },
{ 0x7c832278, /* xor r3,r4,r4 */
	"r3=0x0", NULL },
{ 0x7c832a38, /* eqv r3,r4,r5 */
	"r3=mix r4 r5", NULL },
{ 0x4d820021, /* beqlrl- */
	"t1=lr; lr=0x401004; call * t1", NULL },
{ 0x48001002, /* ba */
	"jump 0x1000", NULL },
{ 0x4fdef042, /* crnot 4*cr7+eq,4*cr7+eq */
	"cr7=?", NULL },
{ 0x7c001fac, /* icbi 0,r3 */
	"", NULL },
