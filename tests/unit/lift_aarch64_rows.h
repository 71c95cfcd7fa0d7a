/* lift_aarch64_rows.h - rows of test_lift_aarch64.c: each instruction as GNU as
 * writes it, and what it becomes */
static const struct row rows[] = {
	/* mov x0, #5 */
	{ "a00080d2", "x0=0x5" },
	/* mov x0, #0x50000 */
	{ "a000a0d2", "x0=0x50000" },
	/* mov x0, #-1 */
	{ "00008092", "x0=-0x1" },
	/* mov w0, #-2 */
	{ "20008012", "x0=0xfffffffe" },
	/* mov w0, #0x0f0f0f0f */
	{ "e0cf0032", "x0=0xf0f0f0f" },
	/* movk x1, #0x1234, lsl #16 */
	{ "8146a2f2", "x1.16=0x1234" },
	/* movn w3, #4, lsl #16 */
	{ "8300a012", "x3=0xfffbffff" },
	/* mov x0, x1 */
	{ "e00301aa", "x0=x1" },
	/* mov w0, wzr */
	{ "e0031f2a", "x0=0x0" },
	/* mov sp, x29 */
	{ "bf030091", "sp=x29" },
	/* mov x29, sp */
	{ "fd030091", "x29=sp" },
	/* orr x0, x1, #0xff */
	{ "201c40b2", "x0=x1 | 0xff" },
	/* orr w0, w1, w2, lsl #3 */
	{ "200c022a",
	  "t2=x2 << 0x3; t2=t2 & 0xffffffff; x0=x1 | t2; x0=x0 & 0xffffffff" },
	/* orn x0, x1, x2 */
	{ "200022aa", "x0=mix x1,x2" },
	/* mvn w0, w1 */
	{ "e003212a", "x0=x1 ^ 0xffffffff; x0=x0 & 0xffffffff" },
	/* mvn w0, w1, lsl #2 */
	{ "e00b212a", "t2=x1 << 0x2; t2=t2 & 0xffffffff; x0=t2 ^ 0xffffffff; "
		      "x0=x0 & 0xffffffff" },
	/* adr x0, .+16 */
	{ "80000010", "x0=0x10010" },
	/* adrp x0, .+0x2000 */
	{ "00000090", "x0=0x10000" },
	/* add x0, x0, #0x123 */
	{ "008c0491", "x0=x0 + 0x123" },
	/* add x0, x0, #0x123, lsl #12 */
	{ "008c4491", "x0=x0 + 0x123000" },
	/* add x0, x1, x2 */
	{ "2000028b", "x0=x1 + x2" },
	/* add x0, x1, x2, lsl #3 */
	{ "200c028b", "t2=x2 << 0x3; x0=x1 + t2" },
	/* add x0, x1, w2, sxtw */
	{ "20c0228b", "x0=x1 + x2" },
	/* add x0, x1, w2, uxtw #2 */
	{ "2048228b", "t2=x2 & 0xffffffff; t2=t2 << 0x2; x0=x1 + t2" },
	/* add x0, sp, #16 */
	{ "e0430091", "x0=sp + 0x10" },
	/* sub sp, sp, #0x40 */
	{ "ff0301d1", "sp=sp + -0x40" },
	/* sub w0, w1, #3 */
	{ "200c0051", "x0=x1 + -0x3; x0=x0 & 0xffffffff" },
	/* subs w0, w1, #3 */
	{ "200c0071", "f=x1 cmp 0x3 /4; x0=x1 + -0x3; x0=x0 & 0xffffffff" },
	/* adds x0, x1, x2 */
	{ "200002ab", "x0=x1 + x2; f=x0 cmp 0x0 /8" },
	/* cmp w0, #0x41 */
	{ "1f040171", "f=x0 cmp 0x41 /4" },
	/* cmp w0, #1, lsl #12 */
	{ "1f044071", "f=x0 cmp 0x1000 /4" },
	/* cmp x0, x1 */
	{ "1f0001eb", "f=x0 cmp x1 /8" },
	/* cmp x0, w1, uxtb */
	{ "1f0021eb", "t2=x1 & 0xff; f=x0 cmp t2 /8" },
	/* cmp w0, wzr */
	{ "1f001f6b", "f=x0 cmp zero /4" },
	/* cmn w0, #1 */
	{ "1f040031", "f=x0 cmp 0xffffffff /4" },
	/* tst w0, #0xff */
	{ "1f1c0072", "f=x0 test 0xff /4" },
	/* tst w0, w1 */
	{ "1f00016a", "f=x0 test x1 /4" },
	/* ccmp w1, #3, #0, eq */
	{ "2008437a", "f=x1 cmp 0x3 /4" },
	/* ccmp w1, w2, #4, ne */
	{ "2410427a", "f=?" },
	/* ccmn w1, #3, #0, eq */
	{ "2008433a", "f=x1 cmp 0xfffffffd /4" },
	/* neg w0, w1 */
	{ "e003014b", "x0=zero - x1; x0=x0 & 0xffffffff" },
	/* negs w0, w1 */
	{ "e003016b", "f=x1 cmp 0x0 /4; x0=zero - x1; x0=x0 & 0xffffffff" },
	/* and w0, w1, #0xff */
	{ "201c0012", "x0=x1 & 0xff" },
	/* ands w0, w1, #0xff */
	{ "201c0072", "f=x1 test 0xff /4; x0=x1 & 0xff" },
	/* bic x0, x1, x2 */
	{ "2000228a", "x0=mix x1,x2" },
	/* bics x0, x1, x2 */
	{ "200022ea", "x0=mix x1,x2; f=x0 cmp 0x0 /8" },
	/* eor w0, w1, #0xff */
	{ "201c0052", "x0=x1 ^ 0xff; x0=x0 & 0xffffffff" },
	/* eor w0, w1, w2 */
	{ "2000024a", "x0=x1 ^ x2; x0=x0 & 0xffffffff" },
	/* eor w0, w0, w0 */
	{ "0000004a", "x0=0x0; x0=x0 & 0xffffffff" },
	/* eon w0, w1, w2 */
	{ "2000224a", "x0=mix x1,x2" },
	/* lsl w0, w1, #3 */
	{ "20701d53", "x0=x1 << 0x3; x0=x0 & 0xffffffff" },
	/* lsr x0, x1, #5 */
	{ "20fc45d3", "x0=x1 << -0x5" },
	/* asr x0, x1, #5 */
	{ "20fc4593", "x0=mix x1,-" },
	/* ror x0, x1, #5 */
	{ "2014c193", "x0=mix x1,-" },
	/* lsl w0, w1, w2 */
	{ "2020c21a", "x0=mix x1,x2; x0=x0 & 0xffffffff" },
	/* ubfx w0, w1, #3, #8 */
	{ "20280353", "x0=x1 << -0x3; x0=x0 & 0xff" },
	/* sbfx w0, w1, #3, #8 */
	{ "20280313", "x0=mix x1,-" },
	/* ubfiz x0, x1, #3, #8 */
	{ "201c7dd3", "x0=x1 & 0xff; x0=x0 << 0x3" },
	/* sbfiz x0, x1, #3, #8 */
	{ "201c7d93", "x0=mix x1,-" },
	/* bfi w0, w1, #3, #4 */
	{ "200c1d33", "x0=mix x0,x1" },
	/* bfxil w0, w1, #3, #4 */
	{ "20180333", "x0=mix x0,x1" },
	/* bfc w0, #3, #4 */
	{ "e00f1d33", "x0=mix x0,zero" },
	/* sxtw x0, w1 */
	{ "207c4093", "x0=x1" },
	/* sxtb w0, w1 */
	{ "201c0013", "x0=x1" },
	/* uxtb w0, w1 */
	{ "201c0053", "x0=x1 & 0xff" },
	/* uxth w0, w1 */
	{ "203c0053", "x0=x1 & 0xffff" },
	/* sxth x0, w1 */
	{ "203c4093", "x0=x1" },
	/* rev w0, w1 */
	{ "2008c05a", "x0=mix x1,-" },
	/* clz w0, w1 */
	{ "2010c05a", "x0=mix x1,-" },
	/* extr x0, x1, x2, #3 */
	{ "200cc293", "x0=mix x1,x2" },
	/* mul w0, w1, w2 */
	{ "207c021b", "x0=mix x1,x2; x0=x0 & 0xffffffff" },
	/* madd w0, w1, w2, w3 */
	{ "200c021b", "t1=mix x1,x2; x0=t1 + x3; x0=x0 & 0xffffffff" },
	/* msub w0, w1, w2, w3 */
	{ "208c021b", "t1=mix x1,x2; x0=x3 - t1; x0=x0 & 0xffffffff" },
	/* mneg w0, w1, w2 */
	{ "20fc021b", "x0=mix x1,x2" },
	/* umull x0, w1, w2 */
	{ "207ca29b", "x0=mix x1,x2" },
	/* smull x0, w1, w2 */
	{ "207c229b", "x0=mix x1,x2" },
	/* udiv w0, w1, w2 */
	{ "2008c21a", "x0=mix x1,x2" },
	/* cset w0, eq */
	{ "e0179f1a", "x0=eq f" },
	/* csetm w0, eq */
	{ "e0139f5a", "x0=eq f; x0=zero - x0; x0=x0 & 0xffffffff" },
	/* csel w0, w1, w2, ne */
	{ "2010821a", "x0=x2; x0=ne f ? x1" },
	/* csinc w0, w1, w2, ne */
	{ "2014821a", "t2=x2 + 0x1; t2=t2 & 0xffffffff; x0=t2; x0=ne f ? x1" },
	/* csinv w0, w1, w2, ne */
	{ "2010825a", "t2=x2 ^ 0xffffffff; x0=t2; x0=ne f ? x1" },
	/* csneg w0, w1, w2, ne */
	{ "2014825a", "t2=zero - x2; t2=t2 & 0xffffffff; x0=t2; x0=ne f ? x1" },
	/* cinc w0, w1, eq */
	{ "2014811a", "t2=x1 + 0x1; t2=t2 & 0xffffffff; x0=x1; x0=eq f ? t2" },
	/* cinv w0, w1, eq */
	{ "2010815a", "t2=x1 ^ 0xffffffff; x0=x1; x0=eq f ? t2" },
	/* cneg w0, w1, eq */
	{ "2014815a", "t2=zero - x1; t2=t2 & 0xffffffff; x0=x1; x0=eq f ? t2" },
	/* adc x0, x1, x2 */
	{ "2000029a", "x0=?" },
	/* adcs x0, x1, x2 */
	{ "200002ba", "x0=?; f=?" },
	/* sbc x0, x1, x2 */
	{ "200002da", "x0=?" },
	/* ngc x0, x1 */
	{ "e00301da", "x0=?" },
	/* ldr x0, .+32 */
	{ "00010058", "x0=8[-,0x10020]" },
	/* ldr w0, .+32 */
	{ "00010018", "x0=4[-,0x10020]" },
	/* ldrsw x0, .+32 */
	{ "00010098", "x0=4[-,0x10020]" },
	/* ldr q0, .+32 */
	{ "0001009c", "v0=16[-,0x10020]" },
	/* ldr x0, [x1, #8] */
	{ "200440f9", "x0=8[x1,0x8]" },
	/* ldr w0, [x1, #8]! */
	{ "208c40b8", "x1=x1 + 0x8; x0=4[x1,0x0]" },
	/* ldr x0, [x1], #-8 */
	{ "20845ff8", "x0=8[x1,0x0]; x1=x1 + -0x8" },
	/* ldr x0, [x1, x2] */
	{ "206862f8", "x0=8[x1+x2,0x0]" },
	/* ldr x0, [x1, x2, lsl #3] */
	{ "207862f8", "t2=x2 << 0x3; x0=8[x1+t2,0x0]" },
	/* ldr w0, [x1, w2, sxtw #2] */
	{ "20d862b8", "t2=x2 << 0x2; x0=4[x1+t2,0x0]" },
	/* ldr w0, [x1, w2, uxtw] */
	{ "204862b8", "t2=x2 & 0xffffffff; x0=4[x1+t2,0x0]" },
	/* ldrb w0, [x1], #1 */
	{ "20144038", "x0=1[x1,0x0]; x1=x1 + 0x1" },
	/* ldrsb w0, [x1, #1] */
	{ "2004c039", "x0=1[x1,0x1]" },
	/* ldrsb x0, [x1, #1] */
	{ "20048039", "x0=1[x1,0x1]" },
	/* ldrh w0, [x1, #2] */
	{ "20044079", "x0=2[x1,0x2]" },
	/* ldrsh w0, [x1, #2] */
	{ "2004c079", "x0=2[x1,0x2]" },
	/* ldrsw x0, [x1, #4] */
	{ "200480b9", "x0=4[x1,0x4]" },
	/* ldrsw x0, [x1, x2] */
	{ "2068a2b8", "x0=4[x1+x2,0x0]" },
	/* ldur x0, [x1, #-8] */
	{ "20805ff8", "x0=8[x1,-0x8]" },
	/* ldurb w0, [x1, #-8] */
	{ "20805f38", "x0=1[x1,-0x8]" },
	/* ldp x0, x1, [sp, #16] */
	{ "e00741a9", "x0=8[sp,0x10]; x1=8[sp,0x18]" },
	/* ldp x29, x30, [sp], #32 */
	{ "fd7bc2a8", "x29=8[sp,0x0]; x30=8[sp,0x8]; sp=sp + 0x20" },
	/* ldp w0, w1, [x2] */
	{ "40044029", "x0=4[x2,0x0]; x1=4[x2,0x4]" },
	/* ldpsw x0, x1, [x2] */
	{ "40044069", "x0=4[x2,0x0]; x1=4[x2,0x4]" },
	/* ldp q0, q1, [x2, #32]! */
	{ "4004c1ad", "x2=x2 + 0x20; v0=16[x2,0x0]; v1=16[x2,0x10]" },
	/* stp x29, x30, [sp, #-32]! */
	{ "fd7bbea9", "sp=sp + -0x20; 8[sp,0x0]=x29; 8[sp,0x8]=x30" },
	/* stp xzr, xzr, [sp, #16] */
	{ "ff7f01a9", "8[sp,0x10]=zero; 8[sp,0x18]=zero" },
	/* stp d8, d9, [sp, #16] */
	{ "e827016d", "8[sp,0x10]=v8; 8[sp,0x18]=v9" },
	/* stp w1, wzr, [sp, #16] */
	{ "e17f0229", "4[sp,0x10]=x1; 4[sp,0x14]=zero" },
	/* str x0, [x1, #8] */
	{ "200400f9", "8[x1,0x8]=x0" },
	/* str xzr, [x1, #8] */
	{ "3f0400f9", "8[x1,0x8]=zero" },
	/* strb w0, [x1], #1 */
	{ "20140038", "1[x1,0x0]=x0; x1=x1 + 0x1" },
	/* strb wzr, [x1, #1]! */
	{ "3f1c0038", "x1=x1 + 0x1; 1[x1,0x0]=zero" },
	/* strh w0, [x1, #2] */
	{ "20040079", "2[x1,0x2]=x0" },
	/* str w0, [x1, x2, lsl #2] */
	{ "207822b8", "t2=x2 << 0x2; 4[x1+t2,0x0]=x0" },
	/* stur x0, [x1, #-8] */
	{ "20801ff8", "8[x1,-0x8]=x0" },
	/* sturb w0, [x1, #-8] */
	{ "20801f38", "1[x1,-0x8]=x0" },
	/* str q0, [sp, #32] */
	{ "e00b803d", "16[sp,0x20]=v0" },
	/* str d0, [sp, #32] */
	{ "e01300fd", "8[sp,0x20]=v0" },
	/* str s0, [sp, #32] */
	{ "e02300bd", "4[sp,0x20]=v0" },
	/* str b0, [sp, #32] */
	{ "e083003d", "1[sp,0x20]=v0" },
	/* str q0, [x1], #16 */
	{ "2004813c", "16[x1,0x0]=v0; x1=x1 + 0x10" },
	/* ldr q0, [x1] */
	{ "2000c03d", "v0=16[x1,0x0]" },
	/* ldr d0, [x1] */
	{ "200040fd", "v0=8[x1,0x0]" },
	/* ldr s0, [x1] */
	{ "200040bd", "v0=4[x1,0x0]" },
	/* ldur q0, [x1, #1] */
	{ "2010c03c", "v0=16[x1,0x1]" },
	/* stur q0, [x1, #1] */
	{ "2010803c", "16[x1,0x1]=v0" },
	/* ld1 {v0.16b}, [x1] */
	{ "2070404c", "v0=16[x1,0x0]" },
	/* ld1 {v0.16b, v1.16b}, [x1], #32 */
	{ "20a0df4c", "v0=16[x1,0x0]; v1=16[x1,0x10]; x1=x1 + 0x20" },
	/* ld1 {v0.16b}, [x1], x2 */
	{ "2070c24c", "v0=16[x1,0x0]; x1=x1 + x2" },
	/* st1 {v0.16b}, [x1], #16 */
	{ "20709f4c", "16[x1,0x0]=v0; x1=x1 + 0x10" },
	/* st1 {v0.s}[1], [x1] */
	{ "2090000d", "8[x1,0x0]=none" },
	/* ld1 {v0.s}[1], [x1] */
	{ "2090400d", "v0=?" },
	/* ld2 {v0.16b, v1.16b}, [x1] */
	{ "2080404c", "v0=?; v1=?" },
	/* ld1r {v0.4s}, [x1] */
	{ "20c8404d", "v0=?" },
	/* movi v0.2d, #0 */
	{ "00e4006f", "v0=0x0" },
	/* movi v0.4s, #0 */
	{ "0004004f", "v0=0x0" },
	/* movi v0.16b, #5 */
	{ "a0e4004f", "v0=?" },
	/* movi v0.4s, #5, lsl #8 */
	{ "a024004f", "v0=?" },
	/* movi d0, #0 */
	{ "00e4002f", "v0=0x0" },
	/* mvni v0.4s, #0 */
	{ "0004006f", "v0=?" },
	/* mov v0.16b, v1.16b */
	{ "201ca14e", "v0=v1" },
	/* fmov d0, x0 */
	{ "0000679e", "v0=x0" },
	/* fmov x0, d0 */
	{ "0000669e", "x0=v0" },
	/* fmov s0, w0 */
	{ "0000271e", "v0=x0" },
	/* fmov d0, d1 */
	{ "2040601e", "v0=v1" },
	/* fmov d0, #1.0 */
	{ "00106e1e", "v0=?" },
	/* umov w0, v0.s[1] */
	{ "003c0c0e", "x0=?" },
	/* mov v0.d[1], x1 */
	{ "201c184e", "v0=?" },
	/* mov x1, v0.d[1] */
	{ "013c184e", "x1=?" },
	/* ins v0.d[1], v1.d[0] */
	{ "2004186e", "v0=?" },
	/* dup v0.4s, w0 */
	{ "000c044e", "v0=?" },
	/* dup v0.16b, v1.b[0] */
	{ "2004014e", "v0=?" },
	/* eor v0.16b, v1.16b, v2.16b */
	{ "201c226e", "v0=?" },
	/* cmeq v0.16b, v1.16b, v2.16b */
	{ "208c226e", "v0=?" },
	/* fcmp d0, d1 */
	{ "0020611e", "v0=?; f=?" },
	/* fcmp d0, #0.0 */
	{ "0820601e", "v0=?; f=?" },
	/* fccmp d0, d1, #0, eq */
	{ "0004611e", "v0=?; f=?" },
	/* fcsel d0, d1, d2, eq */
	{ "200c621e", "v0=?" },
	/* fadd d0, d1, d2 */
	{ "2028621e", "v0=?" },
	/* ldxr w0, [x1] */
	{ "207c5f88", "x0=4[x1,0x0]" },
	/* ldaxr x0, [x1] */
	{ "20fc5fc8", "x0=8[x1,0x0]" },
	/* stxr w2, w0, [x1] */
	{ "207c0288", "4[x1,0x0]=x0; x2=?" },
	/* stlxr w2, x0, [x1] */
	{ "20fc02c8", "8[x1,0x0]=x0; x2=?" },
	/* ldxp x0, x1, [x2] */
	{ "40047fc8", "x0=8[x2,0x0]; x1=8[x2,0x8]" },
	/* stxp w3, x0, x1, [x2] */
	{ "400423c8", "8[x2,0x0]=x0; 8[x2,0x8]=x1; x3=?" },
	/* ldar w0, [x1] */
	{ "20fcdf88", "x0=4[x1,0x0]" },
	/* stlr w0, [x1] */
	{ "20fc9f88", "4[x1,0x0]=x0" },
	/* ldarb w0, [x1] */
	{ "20fcdf08", "x0=1[x1,0x0]" },
	/* prfm pldl1keep, [x0] */
	{ "000080f9", "" },
	/* dmb ish */
	{ "bf3b03d5", "" },
	/* mrs x0, tpidr_el0 */
	{ "40d03bd5", "x0=?" },
	/* msr tpidr_el0, x0 */
	{ "40d01bd5", "" },
	/* svc #0 */
	{ "010000d4", "syscall" },
	/* brk #1 */
	{ "200020d4", "-> stop" },
	/* hlt #1 */
	{ "200040d4", "-> stop" },
	/* nop */
	{ "1f2003d5", "" },
	/* hint #34 */
	{ "5f2403d5", "" },
	/* hint #25 */
	{ "3f2303d5", "" },
	/* hint #29 */
	{ "bf2303d5", "" },
	/* ret */
	{ "c0035fd6", "-> return" },
	/* ret x3 */
	{ "60005fd6", "-> return" },
	/* br x17 */
	{ "20021fd6", "-> jump x17" },
	/* blr x3 */
	{ "60003fd6", "-> call x3" },
	/* bl .+0x100 */
	{ "40000094", "-> call 0x10100" },
	/* b .+0x100 */
	{ "40000014", "-> jump 0x10100" },
	/* b.eq .-16 */
	{ "80ffff54", "-> eq f 0xfff0" },
	/* b.ls .+16 */
	{ "89000054", "-> lt f 0x10010" },
	/* cbz w0, .+16 */
	{ "80000034", "f2=x0 cmp 0x0 /4 -> eq f2 0x10010" },
	/* cbnz x0, .+16 */
	{ "800000b5", "f2=x0 cmp 0x0 /8 -> ne f2 0x10010" },
	/* tbz w0, #3, .+16 */
	{ "80001836", "f2=x0 test 0x8 /4 -> eq f2 0x10010" },
	/* tbnz x0, #33, .+16 */
	{ "800008b7", "f2=x0 test 0x200000000 /8 -> ne f2 0x10010" },
	/* dc zva, x0 */
	{ "20740bd5", "" },
	/* csel x0, x0, x1, eq */
	{ "0000819a", "x0=ne f ? x1" },
	/* csel x0, x1, x0, eq */
	{ "2000809a", "x0=eq f ? x1" },
	/* csinc w0, wzr, wzr, ne */
	{ "e0179f1a", "x0=eq f" },
	/* csinc w0, w1, wzr, eq */
	{ "20049f1a", "x0=0x1; x0=eq f ? x1" },
	/* csel w0, wzr, w1, hi */
	{ "e083811a", "x0=x1; x0=gt f ? 0x0" },
	/* ldp x0, x1, [x0, #16] */
	{ "000441a9", "t1=x0; x0=8[t1,0x10]; x1=8[t1,0x18]" },
	/* and sp, x0, #-16 */
	{ "1fec7c92", "sp=x0" },
	/* eor v0.16b, v0.16b, v0.16b */
	{ "001c206e", "v0=0x0" },
	/* movi v0.8b, #5 */
	{ "a0e4000f", "v0=0x505050505050505" },
	/* movi v0.2s, #5, lsl #8 */
	{ "a024000f", "v0=0x50000000500" },
	/* ccmp x1, #3, #8, ne */
	{ "281843fa", "f=x1 cmp 0x3 /8" },
	/* ccmn w1, w2, #0, eq */
	{ "2000423a", "t2=zero - x2; t2=t2 & 0xffffffff; f=x1 cmp t2 /4" },
	/* cmp x0, x1, lsl #3 */
	{ "1f0c01eb", "t2=x1 << 0x3; f=x0 cmp t2 /8" },
	/* cmp x0, x1, asr #3 */
	{ "1f0c81eb", "t2=mix x1,-; f=x0 cmp t2 /8" },
	/* adds w0, w1, #5 */
	{ "20140031",
	  "f=x1 cmp 0xfffffffb /4; x0=x1 + 0x5; x0=x0 & 0xffffffff" },
	/* sub x0, x1, x1 */
	{ "200001cb", "x0=0x0" },
	/* st4 {v0.16b-v3.16b}, [x0], #64 */
	{ "00009f4c", "16[x0,0x0]=none; 16[x0,0x10]=none; 16[x0,0x20]=none; "
		      "16[x0,0x30]=none; x0=x0 + 0x40" },
	/* ldr x0, [x1, w2, uxtw #3] */
	{ "205862f8", "t2=x2 & 0xffffffff; t2=t2 << 0x3; x0=8[x1+t2,0x0]" },
	/* ands w0, w1, w1 */
	{ "2000016a", "f=x1 cmp 0x0 /4; x0=x1" },
	/* tst x0, x0 */
	{ "1f0000ea", "f=x0 cmp 0x0 /8" },
	/* b.al .+8 */
	{ "4e000054", "-> jump 0x10008" },
	/* lsr w0, w1, #5 */
	{ "207c0553", "t2=x1 & 0xffffffff; x0=t2 << -0x5" },
	/* bics xzr, x1, x2 */
	{ "3f0022ea", "t3=mix x1,x2; f=t3 cmp 0x0 /8" },
	/* mov w0, w1 */
	{ "e003012a", "x0=x1; x0=x0 & 0xffffffff" },
	/* fmov w0, s1 */
	{ "2000261e", "x0=v1; x0=x0 & 0xffffffff" },
	/* add w0, w1, w2, lsr #3 */
	{ "200c420b",
	  "t2=x2 & 0xffffffff; t2=t2 << -0x3; x0=x1 + t2; x0=x0 & 0xffffffff" },
	/* ld3r {v26.2d-v28.2d}, [x17], x3 */
	{ "3aeec34d", "v26=?; v27=?; v28=?; x17=x17 + x3" },
};
