/* lift_arm_rows.h - rows of test_lift_arm.c: each instruction as GNU as
 * writes it, and what it becomes */
static const struct row rows[] = {
	/* mov r0, #5 */
	{ false, "0500a0e3", "r0=0x5" },
	/* movs r0, #5 */
	{ false, "0500b0e3", "r0=0x5; f=r0 cmp 0x0 /4" },
	/* mov r0, #0xff000000 */
	{ false, "ff04a0e3", "r0=0xff000000" },
	/* mov r0, r1 */
	{ false, "0100a0e1", "r0=r1" },
	/* movs r0, r1 */
	{ false, "0100b0e1", "r0=r1; f=r0 cmp 0x0 /4" },
	/* mov r0, r1, lsl #3 */
	{ false, "8101a0e1", "r0=r1 << 0x3" },
	/* movs r0, r1, lsr #3 */
	{ false, "a101b0e1", "r0=r1 << -0x3; f=r0 cmp 0x0 /4" },
	/* mov r0, r1, asr r2 */
	{ false, "5102a0e1", "r0=mix r1,r2" },
	/* mov r0, r1, rrx */
	{ false, "6100a0e1", "r0=mix r1,r0" },
	/* movw r0, #0x1234 */
	{ false, "340201e3", "r0=0x1234" },
	/* movt r0, #0x5678 */
	{ false, "780645e3", "r0.16=0x5678" },
	/* mvn r0, #0 */
	{ false, "0000e0e3", "r0=0xffffffff" },
	/* mvn r0, r1 */
	{ false, "0100e0e1", "r0=r1 ^ 0xffffffff" },
	/* mvn r0, r1, lsl #2 */
	{ false, "0101e0e1", "t2=r1 << 0x2; r0=t2 ^ 0xffffffff" },
	/* moveq r0, #1 */
	{ false, "0100a003", "r0=eq f ? 0x1" },
	/* movne r0, r2 */
	{ false, "0200a011", "r0=ne f ? r2" },
	/* movwne r0, #3 */
	{ false, "03000013", "r0=ne f ? 0x3" },
	/* adr r0, .+16 */
	{ false, "08008fe2", "r0=0x10010" },
	/* add r0, pc, #0x100000 */
	{ false, "01068fe2", "r0=0x110008" },
	/* add r0, r1, #3 */
	{ false, "030081e2", "r0=r1 + 0x3" },
	/* sub r0, pc, #8 */
	{ false, "08004fe2", "r0=0x10000" },
	/* add r0, pc, r0 */
	{ false, "00008fe0", "t3=0x10008; r0=t3 + r0" },
	/* add r0, r0, r1, lsl #2 */
	{ false, "010180e0", "t2=r1 << 0x2; r0=r0 + t2" },
	/* add r0, r0, r1, lsr r2 */
	{ false, "310280e0", "t2=mix r1,-; r0=r0 + t2" },
	/* adds r0, r1, #1 */
	{ false, "010091e2", "f=r1 cmp 0xffffffff /4; r0=r1 + 0x1" },
	/* subs r0, r1, r2 */
	{ false, "020051e0", "f=r1 cmp r2 /4; r0=r1 - r2" },
	/* rsb r0, r1, #0 */
	{ false, "000061e2", "r0=zero - r1" },
	/* rsbs r0, r1, #5 */
	{ false, "050071e2", "f=r1 cmp 0x5 /4; t2=0x5; r0=t2 - r1" },
	/* rsb r0, r1, r2 */
	{ false, "020061e0", "r0=r2 - r1" },
	/* adc r0, r1, r2 */
	{ false, "0200a1e0", "r0=?" },
	/* sbcs r0, r1, #0 */
	{ false, "0000d1e2", "r0=?; f=?" },
	/* cmp r0, #0x41 */
	{ false, "410050e3", "f=r0 cmp 0x41 /4" },
	/* cmp r0, r1 */
	{ false, "010050e1", "f=r0 cmp r1 /4" },
	/* cmp r0, r1, lsl #2 */
	{ false, "010150e1", "t2=r1 << 0x2; f=r0 cmp t2 /4" },
	/* cmpeq r1, #3 */
	{ false, "03005103", "f=r1 cmp 0x3 /4" },
	/* cmn r0, #1 */
	{ false, "010070e3", "f=r0 cmp 0xffffffff /4" },
	/* tst r0, #1 */
	{ false, "010010e3", "f=r0 test 0x1 /4" },
	/* tst r0, r0 */
	{ false, "000010e1", "f=r0 cmp 0x0 /4" },
	/* teq r0, #4 */
	{ false, "040030e3", "f=r0 cmp 0x4 /4" },
	/* teq r0, r1 */
	{ false, "010030e1", "f=r0 cmp r1 /4" },
	/* and r0, r1, #0xff */
	{ false, "ff0001e2", "r0=r1 & 0xff" },
	/* ands r0, r1, r2 */
	{ false, "020011e0", "f=r1 test r2 /4; r0=mix r1,r2" },
	/* bic r0, r1, #3 */
	{ false, "0300c1e3", "r0=r1 & 0xfffffffc" },
	/* bics r0, r1, r2 */
	{ false, "0200d1e1", "r0=mix r1,r2; f=r0 cmp 0x0 /4" },
	/* orr r0, r1, #3 */
	{ false, "030081e3", "r0=r1 | 0x3" },
	/* orr r0, r1, r2, lsl #8 */
	{ false, "020481e1", "t2=r2 << 0x8; r0=r1 | t2" },
	/* orrs r0, r1, r2 */
	{ false, "020091e1", "r0=r1 | r2; f=r0 cmp 0x0 /4" },
	/* eor r0, r1, #0x55 */
	{ false, "550021e2", "r0=r1 ^ 0x55" },
	/* eor r0, r0, r0 */
	{ false, "000020e0", "r0=0x0" },
	/* eors r0, r1, r2 */
	{ false, "020031e0", "f=r1 cmp r2 /4; r0=r1 ^ r2" },
	/* lsls r0, r1, #3 */
	{ false, "8101b0e1", "r0=r1 << 0x3; f=r0 cmp 0x0 /4" },
	/* lsr r0, r1, #5 */
	{ false, "a102a0e1", "r0=r1" },
	/* asr r0, r1, #5 */
	{ false, "c102a0e1", "r0=mix r1,-" },
	/* ror r0, r1, #5 */
	{ false, "e102a0e1", "r0=mix r1,-" },
	/* lsl r0, r1, r2 */
	{ false, "1102a0e1", "r0=mix r1,r2" },
	/* mul r0, r1, r2 */
	{ false, "910200e0", "r0=mix r1,r2" },
	/* muls r0, r1, r2 */
	{ false, "910210e0", "r0=mix r1,r2; f=r0 cmp 0x0 /4" },
	/* mla r0, r1, r2, r3 */
	{ false, "913220e0", "t1=mix r1,r2; r0=t1 + r3" },
	/* mls r0, r1, r2, r3 */
	{ false, "913260e0", "t1=mix r1,r2; r0=r3 - t1" },
	/* umull r0, r1, r2, r3 */
	{ false, "920381e0", "r0=?; r1=?" },
	/* clz r0, r1 */
	{ false, "110f6fe1", "f2=r1 cmp 0x0 /4; r0=eq f2" },
	/* rev r0, r1 */
	{ false, "310fbfe6", "r0=mix r1,-" },
	/* uxtb r0, r1 */
	{ false, "7100efe6", "r0=r1 & 0xff" },
	/* uxtb r0, r1, ror #8 */
	{ false, "7104efe6", "r0=r1 << -0x8; r0=r0 & 0xff" },
	/* sxth r0, r1 */
	{ false, "7100bfe6", "r0=r1" },
	/* uxtab r0, r1, r2 */
	{ false, "7200e1e6", "r0=mix r1,r2" },
	/* ubfx r0, r1, #3, #5 */
	{ false, "d101e4e7", "r0=r1 << -0x3; r0=r0 & 0x1f" },
	/* sbfx r0, r1, #3, #5 */
	{ false, "d101a4e7", "r0=mix r1,-" },
	/* bfi r0, r1, #3, #5 */
	{ false, "9101c7e7", "r0=mix r0,r1" },
	/* bfc r0, #3, #5 */
	{ false, "9f01c7e7", "r0=r0 & 0xffffff07" },
	/* ldr r0, [r1] */
	{ false, "000091e5", "r0=4[r1,0x0]" },
	/* ldr r0, [r1, #4] */
	{ false, "040091e5", "r0=4[r1,0x4]" },
	/* ldr r0, [r1, #-4]! */
	{ false, "040031e5", "r1=r1 + -0x4; r0=4[r1,0x0]" },
	/* ldr r0, [r1], #4 */
	{ false, "040091e4", "r0=4[r1,0x0]; r1=r1 + 0x4" },
	/* ldr r0, [r1], #-4 */
	{ false, "040011e4", "r0=4[r1,0x0]; r1=r1 + -0x4" },
	/* ldr r0, [r1, r2] */
	{ false, "020091e7", "r0=4[r1+r2,0x0]" },
	/* ldr r0, [r1, -r2] */
	{ false, "020011e7", "t2=zero - r2; r0=4[r1+t2,0x0]" },
	/* ldr r0, [r1, r2, lsl #2] */
	{ false, "020191e7", "t2=r2 << 0x2; r0=4[r1+t2,0x0]" },
	/* ldr r0, [r1, r2]! */
	{ false, "0200b1e7", "r1=r1 + r2; r0=4[r1,0x0]" },
	/* ldr r0, [r1], r2 */
	{ false, "020091e6", "r0=4[r1,0x0]; r1=r1 + r2" },
	/* ldr r0, [r1], -r2 */
	{ false, "020011e6", "r0=4[r1,0x0]; r1=r1 - r2" },
	/* ldr r0, [r1], r2, lsl #2 */
	{ false, "020191e6", "r0=4[r1,0x0]; t2=r2 << 0x2; r1=r1 + t2" },
	/* ldr r0, [pc, #16] */
	{ false, "10009fe5", "r0=4[-,0x10018]" },
	/* ldr r0, [pc, r1] */
	{ false, "01009fe7", "r0=4[-+r1,0x10008]" },
	/* ldrb r0, [r1], #1 */
	{ false, "0100d1e4", "r0=1[r1,0x0]; r1=r1 + 0x1" },
	/* ldrb r0, [r1, #1]! */
	{ false, "0100f1e5", "r1=r1 + 0x1; r0=1[r1,0x0]" },
	/* ldrsb r0, [r1, #1] */
	{ false, "d100d1e1", "r0=1[r1,0x1]" },
	/* ldrh r0, [r1], #2 */
	{ false, "b200d1e0", "r0=2[r1,0x0]; r1=r1 + 0x2" },
	/* ldrh r0, [r1, -r2] */
	{ false, "b20011e1", "t2=zero - r2; r0=2[r1+t2,0x0]" },
	/* ldrsh r0, [r1, r2] */
	{ false, "f20091e1", "r0=2[r1+r2,0x0]" },
	/* ldrd r0, r1, [r2, #8] */
	{ false, "d800c2e1", "r0=4[r2,0x8]; r1=4[r2,0xc]" },
	/* ldrd r0, r1, [r2], #8 */
	{ false, "d800c2e0", "r0=4[r2,0x0]; r1=4[r2,0x4]; r2=r2 + 0x8" },
	/* ldrd r0, r1, [r2, #-8]! */
	{ false, "d80062e1", "r2=r2 + -0x8; r0=4[r2,0x0]; r1=4[r2,0x4]" },
	/* ldrd r0, r1, [pc, #8] */
	{ false, "d800cfe1", "r0=4[-,0x10010]; r1=4[-,0x10014]" },
	/* strd r0, r1, [r2, #8]! */
	{ false, "f800e2e1", "r2=r2 + 0x8; 4[r2,0x0]=r0; 4[r2,0x4]=r1" },
	/* strd r0, r1, [r2], #-8 */
	{ false, "f80042e0", "4[r2,0x0]=r0; 4[r2,0x4]=r1; r2=r2 + -0x8" },
	/* str r0, [r1, #4] */
	{ false, "040081e5", "4[r1,0x4]=r0" },
	/* str r0, [r1, #-4]! */
	{ false, "040021e5", "r1=r1 + -0x4; 4[r1,0x0]=r0" },
	/* str lr, [sp, #-4]! */
	{ false, "04e02de5", "sp=sp + -0x4; 4[sp,0x0]=lr" },
	/* str r0, [r1], #4 */
	{ false, "040081e4", "4[r1,0x0]=r0; r1=r1 + 0x4" },
	/* strb r0, [r1], #1 */
	{ false, "0100c1e4", "1[r1,0x0]=r0; r1=r1 + 0x1" },
	/* strh r0, [r1, r2] */
	{ false, "b20081e1", "2[r1+r2,0x0]=r0" },
	/* strbne r0, [r1] */
	{ false, "0000c115", "1[r1,0x0]=none" },
	/* ldreq r0, [r1] */
	{ false, "00009105", "r0=?" },
	/* push {r4, r5, lr} */
	{ false, "30402de9",
	  "sp=sp + -0xc; 4[sp,0x0]=r4; 4[sp,0x4]=r5; 4[sp,0x8]=lr" },
	/* pop {r4, pc} */
	{ false, "1080bde8", "r4=4[sp,0x0]; sp=sp + 0x8 -> return" },
	/* popeq {r4, pc} */
	{ false, "1080bd08", "-> return eq f" },
	/* ldm r1!, {r0, r2, r3} */
	{ false, "0d00b1e8",
	  "r0=4[r1,0x0]; r2=4[r1,0x4]; r3=4[r1,0x8]; r1=r1 + 0xc" },
	/* ldm r1, {r1, r2, r3} */
	{ false, "0e0091e8",
	  "t1=r1; r1=4[t1,0x0]; r2=4[t1,0x4]; r3=4[t1,0x8]" },
	/* ldmdb r1!, {r2, r3} */
	{ false, "0c0031e9", "r2=4[r1,-0x8]; r3=4[r1,-0x4]; r1=r1 + -0x8" },
	/* ldmib r1, {r2, r3} */
	{ false, "0c0091e9", "r2=4[r1,0x4]; r3=4[r1,0x8]" },
	/* ldmda r1, {r2, r3} */
	{ false, "0c0011e8", "r2=4[r1,-0x4]; r3=4[r1,0x0]" },
	/* stm r1!, {r2, r3} */
	{ false, "0c00a1e8", "4[r1,0x0]=r2; 4[r1,0x4]=r3; r1=r1 + 0x8" },
	/* stmdb sp!, {r4, lr} */
	{ false, "10402de9", "sp=sp + -0x8; 4[sp,0x0]=r4; 4[sp,0x4]=lr" },
	/* stmib r1, {r2, r3} */
	{ false, "0c0081e9", "4[r1,0x4]=r2; 4[r1,0x8]=r3" },
	/* ldmdb fp, {r4, fp, sp, pc} */
	{ false, "10a81be9",
	  "t1=r11; r4=4[t1,-0x10]; r11=4[t1,-0xc]; sp=4[t1,-0x8] -> return" },
	/* ldm sp, {r4, fp, sp, pc} */
	{ false, "10a89de8",
	  "t1=sp; r4=4[t1,0x0]; r11=4[t1,0x4]; sp=4[t1,0x8] -> return" },
	/* ldm sp!, {r4, pc} */
	{ false, "1080bde8", "r4=4[sp,0x0]; sp=sp + 0x8 -> return" },
	/* ldmeq r1, {r4, r5} */
	{ false, "30009108", "r4=?; r5=?" },
	/* ldr pc, [sp], #4 */
	{ false, "04f09de4", "sp=sp + 0x4 -> return" },
	/* ldr pc, [r12, #8]! */
	{ false, "08f0bce5", "r12=r12 + 0x8; t1=4[r12,0x0] -> jump t1" },
	/* ldr pc, [pc, #-4] */
	{ false, "04f01fe5", "t1=4[-,0x10004] -> jump t1" },
	/* ldrls pc, [pc, r3, lsl #2] */
	{ false, "03f19f97", "t2=r3 << 0x2; t1=4[-+t2,0x10008] -> jump lt t1" },
	/* addls pc, pc, r3, lsl #2 */
	{ false, "03f18f90",
	  "t2=r3 << 0x2; t3=0x10008; t1=t3 + t2 -> jump lt t1" },
	/* mov pc, lr */
	{ false, "0ef0a0e1", "-> return" },
	/* movne pc, lr */
	{ false, "0ef0a011", "-> return ne f" },
	/* mov pc, r3 */
	{ false, "03f0a0e1", "-> jump r3" },
	/* mov lr, pc */
	{ false, "0fe0a0e1", "t2=0x10008; lr=t2" },
	/* bx lr */
	{ false, "1eff2fe1", "-> return" },
	/* bxne lr */
	{ false, "1eff2f11", "-> return ne f" },
	/* bx r3 */
	{ false, "13ff2fe1", "-> jump r3" },
	/* blx r3 */
	{ false, "33ff2fe1", "-> call r3" },
	/* bl .+0x100 */
	{ false, "3e0000eb", "-> call 0x10100" },
	/* blne .+0x100 */
	{ false, "3e00001b", "-> call 0x10100" },
	/* blx .+0x100 */
	{ false, "3e0000fa", "-> call 0x10101" },
	/* blx .+0x102 */
	{ false, "3e0000fb", "-> call 0x10103" },
	/* b .+0x100 */
	{ false, "3e0000ea", "-> jump 0x10100" },
	/* beq .-16 */
	{ false, "faffff0a", "-> eq f 0xfff0" },
	/* svc #0 */
	{ false, "000000ef", "syscall" },
	/* svc #0x900004 */
	{ false, "040090ef", "t1=r7; r7=0x4; syscall; r7=t1" },
	/* bkpt #0 */
	{ false, "700020e1", "-> stop" },
	/* udf #0 */
	{ false, "f000f0e7", "-> stop" },
	/* nop */
	{ false, "00f020e3", "" },
	/* dmb ish */
	{ false, "5bf07ff5", "" },
	/* mrc p15, 0, r0, c13, c0, 3 */
	{ false, "700f1dee", "r0=?; f=?" },
	/* mrs r0, cpsr */
	{ false, "00000fe1", "r0=?" },
	/* swp r0, r1, [r2] */
	{ false, "910002e1", "t1=4[r2,0x0]; 4[r2,0x0]=r1; r0=t1" },
	/* ldrex r0, [r1] */
	{ false, "9f0f91e1", "r0=4[r1,0x0]" },
	/* strex r0, r1, [r2] */
	{ false, "910f82e1", "4[r2,0x0]=r1; r0=?" },
	/* ldrexd r0, r1, [r2] */
	{ false, "9f0fb2e1", "r0=4[r2,0x0]; r1=4[r2,0x4]" },
	/* strexd r3, r0, r1, [r2] */
	{ false, "903fa2e1", "4[r2,0x0]=r0; 4[r2,0x4]=r1; r3=?" },
	/* strexb r0, r1, [r2] */
	{ false, "910fc2e1", "1[r2,0x0]=r1; r0=?" },
	/* pld [r0] */
	{ false, "00f0d0f5", "" },
	/* vldr d16, [r1, #8] */
	{ false, "020bd1ed", "d16=8[r1,0x8]" },
	/* vldr d16, [pc, #8] */
	{ false, "020bdfed", "d16=8[-,0x10010]" },
	/* vldr s0, [r1, #4] */
	{ false, "010a91ed", "d0=?" },
	/* vstr d16, [sp, #8] */
	{ false, "020bcded", "8[sp,0x8]=d16" },
	/* vstr s3, [sp] */
	{ false, "001acded", "4[sp,0x0]=none" },
	/* vld1.8 {d16}, [r1] */
	{ false, "0f0761f4", "d16=8[r1,0x0]" },
	/* vld1.8 {d16,d17}, [r1]! */
	{ false, "0d0a61f4", "d16=8[r1,0x0]; d17=8[r1,0x8]; r1=r1 + 0x10" },
	/* vld1.64 {d16-d17}, [r1:64] */
	{ false, "df0a61f4", "d16=8[r1,0x0]; d17=8[r1,0x8]" },
	/* vld1.32 {d16-d19}, [r1]! */
	{ false, "8d0261f4",
	  "d16=8[r1,0x0]; d17=8[r1,0x8]; d18=8[r1,0x10]; d19=8[r1,0x18]; r1=r1 "
	  "+ 0x20" },
	/* vld1.8 {d16}, [r1], r2 */
	{ false, "020761f4", "d16=8[r1,0x0]; r1=r1 + r2" },
	/* vst1.8 {d16,d17}, [r1] */
	{ false, "0f0a41f4", "8[r1,0x0]=d16; 8[r1,0x8]=d17" },
	/* vst1.8 {d16,d17}, [r1]! */
	{ false, "0d0a41f4", "8[r1,0x0]=d16; 8[r1,0x8]=d17; r1=r1 + 0x10" },
	/* vst1.32 {d16[0]}, [r1] */
	{ false, "0f08c1f4", "4[r1,0x0]=none" },
	/* vld1.32 {d16[]}, [r1] */
	{ false, "8f0ce1f4", "d16=?" },
	/* vld1.32 {d16[1]}, [r1]! */
	{ false, "8d08e1f4", "d16=?; r1=r1 + 0x4" },
	/* vld2.8 {d16,d17}, [r1] */
	{ false, "0f0861f4", "d16=?; d17=?" },
	/* vst2.8 {d16,d17}, [r1]! */
	{ false, "0d0841f4", "8[r1,0x0]=none; 8[r1,0x8]=none; r1=r1 + 0x10" },
	/* vpush {d8-d15} */
	{ false, "108b2ded",
	  "sp=sp + -0x40; 8[sp,0x0]=d8; 8[sp,0x8]=d9; 8[sp,0x10]=d10; "
	  "8[sp,0x18]=d11; 8[sp,0x20]=d12; 8[sp,0x28]=d13; 8[sp,0x30]=d14; "
	  "8[sp,0x38]=d15" },
	/* vpop {d8-d9} */
	{ false, "048bbdec", "d8=8[sp,0x0]; d9=8[sp,0x8]; sp=sp + 0x10" },
	/* vpush {s0} */
	{ false, "010a2ded", "sp=sp + -0x4; 4[sp,0x0]=none" },
	/* vldmia r0!, {d0-d3} */
	{ false, "080bb0ec",
	  "d0=8[r0,0x0]; d1=8[r0,0x8]; d2=8[r0,0x10]; d3=8[r0,0x18]; r0=r0 + "
	  "0x20" },
	/* vstmia r0, {d0-d3} */
	{ false, "080b80ec",
	  "8[r0,0x0]=d0; 8[r0,0x8]=d1; 8[r0,0x10]=d2; 8[r0,0x18]=d3" },
	/* vstmdb r0!, {d0-d3} */
	{ false, "080b20ed",
	  "8[r0,-0x20]=d0; 8[r0,-0x18]=d1; 8[r0,-0x10]=d2; 8[r0,-0x8]=d3; "
	  "r0=r0 + -0x20" },
	/* vmov.i32 q8, #0 */
	{ false, "5000c0f2", "d16=0x0; d17=0x0" },
	/* vmov.i32 d16, #5 */
	{ false, "1500c0f2", "d16=0x500000005" },
	/* vmov.i8 q8, #5 */
	{ false, "550ec0f2", "d16=0x505050505050505; d17=0x505050505050505" },
	/* vmov.i64 d16, #0xff */
	{ false, "310ec0f2", "d16=?" },
	/* vmov.i16 d16, #0x500 */
	{ false, "150ac0f2", "d16=0x500050005000500" },
	/* vmvn.i32 q8, #0 */
	{ false, "7000c0f2", "d16=?; d17=?" },
	/* vmov q8, q9 */
	{ false, "f20162f2", "d16=d18; d17=d19" },
	/* vmov d16, d17 */
	{ false, "b10161f2", "d16=d17" },
	/* vmov d16, r0, r1 */
	{ false, "300b41ec", "d16=?" },
	/* vmov r0, r1, d16 */
	{ false, "300b51ec", "r0=?; r1=?" },
	/* vmov s0, r0 */
	{ false, "100a00ee", "d0=?" },
	/* vmov r0, s0 */
	{ false, "100a10ee", "r0=?" },
	/* vmov.f64 d16, #1.0 */
	{ false, "000bf7ee", "d16=?" },
	/* vmov.32 d16[0], r0 */
	{ false, "900b00ee", "d16=?" },
	/* vmov.32 r0, d16[1] */
	{ false, "900b30ee", "r0=?" },
	/* vdup.32 q8, r0 */
	{ false, "900ba0ee", "d16=?; d17=?" },
	/* veor q8, q8, q8 */
	{ false, "f00140f3", "d16=0x0; d17=0x0" },
	/* veor d16, d17, d18 */
	{ false, "b20141f3", "d16=?" },
	/* vadd.f64 d0, d1, d2 */
	{ false, "020b31ee", "d0=?" },
	/* vmul.f32 s0, s1, s2 */
	{ false, "810a20ee", "d0=?" },
	/* vcmp.f64 d0, d1 */
	{ false, "410bb4ee", "d0=?" },
	/* vmrs APSR_nzcv, fpscr */
	{ false, "10faf1ee", "f=?" },
	/* vmrs r0, fpscr */
	{ false, "100af1ee", "r0=?" },
	/* vcvt.s32.f64 s0, d1 */
	{ false, "c10bbdee", "d0=?" },
	/* vorr q8, q9, q9 */
	{ false, "f20162f2", "d16=d18; d17=d19" },
	/* ssat r0, #8, r1 */
	{ false, "1100a7e6", "r0=?; r1=?" },
	/* smulbb r0, r1, r2 */
	{ false, "810260e1", "r0=mix r1,r2" },
	/* push {r0, sp} */
	{ false, "01202de9",
	  "t1=sp; sp=sp + -0x8; 4[sp,0x0]=r0; 4[sp,0x4]=t1" },
	/* ldm r0!, {r4-r11} */
	{ false, "f00fb0e8",
	  "r4=4[r0,0x0]; r5=4[r0,0x4]; r6=4[r0,0x8]; r7=4[r0,0xc]; "
	  "r8=4[r0,0x10]; r9=4[r0,0x14]; r10=4[r0,0x18]; r11=4[r0,0x1c]; r0=r0 "
	  "+ 0x20" },
	/* strd r0, r1, [r2, r3] */
	{ false, "f30082e1", "4[r2+r3,0x0]=r0; 4[r2+r3,0x4]=r1" },
	/* ldrd r2, r3, [r2] */
	{ false, "d020c2e1", "t3=r2; r2=4[t3,0x0]; r3=4[t3,0x4]" },
	/* addeq r0, r0, #1 */
	{ false, "01008002", "r0=?" },
	/* cmpne r1, #3 */
	{ false, "03005113", "f=?" },
	/* cmpls r1, r2 */
	{ false, "02005191", "f=r1 cmp r2 /4" },
	/* bleq .+8 */
	{ false, "0000000b", "-> call 0x10008" },
	/* svcne #0 */
	{ false, "0000001f", "syscall" },
	/* mvneq r0, #0 */
	{ false, "0000e003", "r0=eq f ? 0xffffffff" },
	/* sub sp, sp, #0x1000 */
	{ false, "01da4de2", "sp=sp + -0x1000" },
	/* bic sp, sp, #7 */
	{ false, "07d0cde3", "" },
	/* and r0, r1, r1 */
	{ false, "010001e0", "r0=r1" },
	/* vst1.8 {d16-d19}, [r0]! */
	{ false, "0d0240f4",
	  "8[r0,0x0]=d16; 8[r0,0x8]=d17; 8[r0,0x10]=d18; 8[r0,0x18]=d19; r0=r0 "
	  "+ 0x20" },
	/* ldr r2, [pc, r2, lsl #3] */
	{ false, "82219fe7", "t2=r2 << 0x3; r2=4[-+t2,0x10008]" },
	/* movs pc, lr */
	{ false, "0ef0b0e1", "-> return" },
	/* str r0, [pc, #8] */
	{ false, "08008fe5", "4[-,0x10010]=r0" },
	/* add ip, pc, #0, 12 */
	{ false, "00c68fe2", "r12=0x10008" },
	/* add ip, ip, #16, 20 */
	{ false, "10ca8ce2", "r12=r12 + 0x10000" },
	/* cmp r0, #4, 30 */
	{ false, "040f50e3", "f=r0 cmp 0x10 /4" },
	/* mov r0, #4, 30 */
	{ false, "040fa0e3", "r0=0x10" },
	/* movs r0, #5 */
	{ true, "0520", "r0=0x5; f=r0 cmp 0x0 /4" },
	/* mov r0, r1 */
	{ true, "0846", "r0=r1" },
	/* movs r0, r1 */
	{ true, "0800", "r0=r1; f=r0 cmp 0x0 /4" },
	/* mov.w r0, #0x10000 */
	{ true, "4ff48030", "r0=0x10000" },
	/* mvn r0, #0 */
	{ true, "6ff00000", "r0=0xffffffff" },
	/* mvns r0, r1 */
	{ true, "c843", "r0=r1 ^ 0xffffffff; f=r0 cmp 0x0 /4" },
	/* movw r0, #0x1234 */
	{ true, "41f23420", "r0=0x1234" },
	/* movt r0, #0x5678 */
	{ true, "c5f27860", "r0.16=0x5678" },
	/* adds r0, #1 */
	{ true, "0130", "f=r0 cmp 0xffffffff /4; r0=r0 + 0x1" },
	/* adds r0, r1, #1 */
	{ true, "481c", "f=r1 cmp 0xffffffff /4; r0=r1 + 0x1" },
	/* adds r0, r1, r2 */
	{ true, "8818", "r0=r1 + r2; f=r0 cmp 0x0 /4" },
	/* subs r0, #1 */
	{ true, "0138", "f=r0 cmp 0x1 /4; r0=r0 + -0x1" },
	/* add r0, r1 */
	{ true, "0844", "r0=r0 + r1" },
	/* add r0, pc */
	{ true, "7844", "t2=0x10006; r0=r0 + t2" },
	/* add sp, #16 */
	{ true, "04b0", "sp=sp + 0x10" },
	/* sub sp, #16 */
	{ true, "84b0", "sp=sp + -0x10" },
	/* add r0, sp, #8 */
	{ true, "02a8", "r0=sp + 0x8" },
	/* add r7, sp, #0 */
	{ true, "00af", "r7=sp + 0x0" },
	/* add.w r0, r1, #0x100 */
	{ true, "01f58070", "r0=r1 + 0x100" },
	/* addw r0, r1, #0x123 */
	{ true, "01f22310", "r0=r1 + 0x123" },
	/* subw r0, r1, #0x123 */
	{ true, "a1f22310", "r0=r1 + -0x123" },
	/* sub.w sp, sp, #0x400 */
	{ true, "adf5806d", "sp=sp + -0x400" },
	/* subs.w r0, r1, r2 */
	{ true, "b1eb0200", "f=r1 cmp r2 /4; r0=r1 - r2" },
	/* adr r0, .+16 */
	{ true, "03a0", "r0=0x10010" },
	/* adr.w r0, .-16 */
	{ true, "aff21400", "r0=0xfff0" },
	/* rsbs r0, r1, #0 */
	{ true, "4842", "f=r1 cmp 0x0 /4; r0=zero - r1" },
	/* rsb r0, r1, #5 */
	{ true, "c1f10500", "t2=0x5; r0=t2 - r1" },
	/* lsls r0, r1, #3 */
	{ true, "c800", "r0=r1 << 0x3; f=r0 cmp 0x0 /4" },
	/* lsrs r0, r1, #5 */
	{ true, "4809", "r0=r1; f=r0 cmp 0x0 /4" },
	/* lsl.w r0, r1, #3 */
	{ true, "4feac100", "r0=r1 << 0x3" },
	/* lsrs r0, r1 */
	{ true, "c840", "r0=mix r1,r0; f=r0 cmp 0x0 /4" },
	/* muls r0, r1, r0 */
	{ true, "4843", "r0=mix r1,r0; f=r0 cmp 0x0 /4" },
	/* ands r0, r1 */
	{ true, "0840", "f=r0 test r1 /4; r0=mix r0,r1" },
	/* orrs r0, r1 */
	{ true, "0843", "r0=r0 | r1; f=r0 cmp 0x0 /4" },
	/* eors r0, r1 */
	{ true, "4840", "f=r0 cmp r1 /4; r0=r0 ^ r1" },
	/* bics r0, r1 */
	{ true, "8843", "r0=mix r0,r1; f=r0 cmp 0x0 /4" },
	/* adcs r0, r1 */
	{ true, "4841", "r0=?; f=?" },
	/* and r0, r1, #0xff */
	{ true, "01f0ff00", "r0=r1 & 0xff" },
	/* eor.w r0, r1, #0x55 */
	{ true, "81f05500", "r0=r1 ^ 0x55" },
	/* orn r0, r1, #3 */
	{ true, "61f00300", "r0=r1 | 0xfffffffc" },
	/* cmp r0, #0x41 */
	{ true, "4128", "f=r0 cmp 0x41 /4" },
	/* cmp r0, r1 */
	{ true, "8842", "f=r0 cmp r1 /4" },
	/* cmp r0, r8 */
	{ true, "4045", "f=r0 cmp r8 /4" },
	/* cmp.w r0, #0x4100 */
	{ true, "b0f5824f", "f=r0 cmp 0x4100 /4" },
	/* cmn r0, r1 */
	{ true, "c842", "t2=zero - r1; f=r0 cmp t2 /4" },
	/* cmn.w r0, #1 */
	{ true, "10f1010f", "f=r0 cmp 0xffffffff /4" },
	/* tst r0, r1 */
	{ true, "0842", "f=r0 test r1 /4" },
	/* tst.w r0, #8 */
	{ true, "10f0080f", "f=r0 test 0x8 /4" },
	/* teq r0, #8 */
	{ true, "90f0080f", "f=r0 cmp 0x8 /4" },
	/* ldr r0, [pc, #16] */
	{ true, "0448", "r0=4[-,0x10014]" },
	/* ldr.w r0, [pc, #-16] */
	{ true, "5ff81000", "r0=4[-,0xfff4]" },
	/* ldr r0, [r1, #4] */
	{ true, "4868", "r0=4[r1,0x4]" },
	/* ldr r0, [sp, #4] */
	{ true, "0198", "r0=4[sp,0x4]" },
	/* ldr r0, [r1, r2] */
	{ true, "8858", "r0=4[r1+r2,0x0]" },
	/* ldr.w r0, [r1, r2, lsl #2] */
	{ true, "51f82200", "t2=r2 << 0x2; r0=4[r1+t2,0x0]" },
	/* ldrb r0, [r1, #1] */
	{ true, "4878", "r0=1[r1,0x1]" },
	/* ldrb r0, [r1], #1 */
	{ true, "11f8010b", "r0=1[r1,0x0]; r1=r1 + 0x1" },
	/* ldrb r0, [r1, #1]! */
	{ true, "11f8010f", "r1=r1 + 0x1; r0=1[r1,0x0]" },
	/* ldrsb r0, [r1, r2] */
	{ true, "8856", "r0=1[r1+r2,0x0]" },
	/* ldrh r0, [r1, #2] */
	{ true, "4888", "r0=2[r1,0x2]" },
	/* ldrd r0, r1, [r2, #8] */
	{ true, "d2e90201", "r0=4[r2,0x8]; r1=4[r2,0xc]" },
	/* ldrd r0, r1, [r2, #8]! */
	{ true, "f2e90201", "r2=r2 + 0x8; r0=4[r2,0x0]; r1=4[r2,0x4]" },
	/* ldrd r0, r1, [r2], #8 */
	{ true, "f2e80201", "r0=4[r2,0x0]; r1=4[r2,0x4]; r2=r2 + 0x8" },
	/* strd r0, r1, [r2, #-8]! */
	{ true, "62e90201", "r2=r2 + -0x8; 4[r2,0x0]=r0; 4[r2,0x4]=r1" },
	/* str r0, [r1, #4] */
	{ true, "4860", "4[r1,0x4]=r0" },
	/* str.w r0, [r1, #4]! */
	{ true, "41f8040f", "r1=r1 + 0x4; 4[r1,0x0]=r0" },
	/* str r0, [r1], #4 */
	{ true, "41f8040b", "4[r1,0x0]=r0; r1=r1 + 0x4" },
	/* push {r4, lr} */
	{ true, "10b5", "sp=sp + -0x8; 4[sp,0x0]=r4; 4[sp,0x4]=lr" },
	/* push.w {r4, r8, lr} */
	{ true, "2de91041",
	  "sp=sp + -0xc; 4[sp,0x0]=r4; 4[sp,0x4]=r8; 4[sp,0x8]=lr" },
	/* pop {r4, pc} */
	{ true, "10bd", "r4=4[sp,0x0]; sp=sp + 0x8 -> return" },
	/* pop.w {r4, r8, pc} */
	{ true, "bde81081",
	  "r4=4[sp,0x0]; r8=4[sp,0x4]; sp=sp + 0xc -> return" },
	/* ldr pc, [sp], #4 */
	{ true, "5df804fb", "t1=4[sp,0x0]; sp=sp + 0x4 -> return" },
	/* str lr, [sp, #-4]! */
	{ true, "4df804ed", "sp=sp + -0x4; 4[sp,0x0]=lr" },
	/* ldm r1!, {r0, r2} */
	{ true, "05c9", "r0=4[r1,0x0]; r2=4[r1,0x4]; r1=r1 + 0x8" },
	/* ldm r1, {r0, r1} */
	{ true, "03c9", "t1=r1; r0=4[t1,0x0]; r1=4[t1,0x4]" },
	/* ldmia.w r1!, {r0, r2, r8} */
	{ true, "b1e80501",
	  "r0=4[r1,0x0]; r2=4[r1,0x4]; r8=4[r1,0x8]; r1=r1 + 0xc" },
	/* stm r1!, {r0, r2} */
	{ true, "05c1", "4[r1,0x0]=r0; 4[r1,0x4]=r2; r1=r1 + 0x8" },
	/* stmdb r1!, {r0, r2} */
	{ true, "21e90500", "4[r1,-0x8]=r0; 4[r1,-0x4]=r2; r1=r1 + -0x8" },
	/* ldm sp, {r4, pc} */
	{ true, "9de81080", "r4=4[sp,0x0] -> return" },
	/* ldr.w pc, [r0, #4] */
	{ true, "d0f804f0", "t1=4[r0,0x4] -> jump t1" },
	/* tbb [pc, r0] */
	{ true, "dfe800f0",
	  "t2=1[-+r0,0x10006]; t2=t2 << 0x1; t1=0x10006; t1=t1 + t2 -> jump "
	  "t1" },
	/* tbh [pc, r0, lsl #1] */
	{ true, "dfe810f0",
	  "t2=r0 << 0x1; t2=2[-+t2,0x10006]; t2=t2 << 0x1; t1=0x10006; t1=t1 + "
	  "t2 -> jump t1" },
	/* mov pc, r0 */
	{ true, "8746", "-> jump r0" },
	/* bx lr */
	{ true, "7047", "-> return" },
	/* bx r3 */
	{ true, "1847", "-> jump r3" },
	/* bx pc */
	{ true, "7847", "t1=0x10004 -> jump t1" },
	/* blx r3 */
	{ true, "9847", "-> call r3" },
	/* b .+0x20 */
	{ true, "0ee0", "-> jump 0x10022" },
	/* b.w .+0x2000 */
	{ true, "01f0febf", "-> jump 0x12002" },
	/* beq .+0x10 */
	{ true, "06d0", "-> eq f 0x10012" },
	/* bne.w .+0x2000 */
	{ true, "41f0fe87", "-> ne f 0x12002" },
	/* cbz r0, .+0x10 */
	{ true, "30b1", "f2=r0 cmp 0x0 /4 -> eq f2 0x10012" },
	/* cbnz r0, .+0x10 */
	{ true, "30b9", "f2=r0 cmp 0x0 /4 -> ne f2 0x10012" },
	/* it eq | moveq r0, #1 */
	{ true, "08bf0120", " | r0=eq f ? 0x1" },
	/* ite ne | movne r0, r1 | addeq r0, r0, #1 */
	{ true, "14bf08460130", " | r0=ne f ? r1 | r0=?" },
	/* it eq | bxeq lr */
	{ true, "08bf7047", " | -> return eq f" },
	/* it ne | popne {r4, pc} */
	{ true, "18bf10bd", " | -> return ne f" },
	/* it eq | cmpeq r0, #3 */
	{ true, "08bf0328", " | f=r0 cmp 0x3 /4" },
	/* itt ne | nopne | blne .+0x100 */
	{ true, "1cbf00bf00f07ef8", " |  | -> call 0x10107" },
	/* it eq | beq .+4 */
	{ true, "08bf00e0", " | -> eq f 0x10008" },
	/* svc #0 */
	{ true, "00df", "syscall" },
	/* bkpt #0 */
	{ true, "00be", "-> stop" },
	/* udf #255 */
	{ true, "ffde", "-> stop" },
	/* udf.w #0 */
	{ true, "f0f700a0", "-> stop" },
	/* uxtb r0, r1 */
	{ true, "c8b2", "r0=r1 & 0xff" },
	/* sxth r0, r1 */
	{ true, "08b2", "r0=r1" },
	/* uxtb.w r8, r1 */
	{ true, "5ffa81f8", "r8=r1 & 0xff" },
	/* clz r0, r1 */
	{ true, "b1fa81f0", "f2=r1 cmp 0x0 /4; r0=eq f2" },
	/* ubfx r0, r1, #3, #5 */
	{ true, "c1f3c400", "r0=r1 << -0x3; r0=r0 & 0x1f" },
	/* rev r0, r1 */
	{ true, "08ba", "r0=mix r1,-" },
	/* vldr d16, [pc, #8] */
	{ true, "dfed020b", "d16=8[-,0x1000c]" },
	/* vst1.8 {d16,d17}, [sp] */
	{ true, "4df90f0a", "8[sp,0x0]=d16; 8[sp,0x8]=d17" },
	/* vmov.i32 q8, #0 */
	{ true, "c0ef5000", "d16=0x0; d17=0x0" },
	/* vpush {d8} */
	{ true, "2ded028b", "sp=sp + -0x8; 8[sp,0x0]=d8" },
	/* mrc p15, 0, r0, c13, c0, 3 */
	{ true, "1dee700f", "r0=?; f=?" },
	/* ldr r0, [r1], #-4 */
	{ true, "51f80409", "r0=4[r1,0x0]; r1=r1 + -0x4" },
	/* strd r0, r1, [r2], #-8 */
	{ true, "62e80201", "4[r2,0x0]=r0; 4[r2,0x4]=r1; r2=r2 + -0x8" },
	/* vst1.32 {d16[0]}, [r1] */
	{ true, "c1f90f08", "4[r1,0x0]=none" },
	/* mov r8, r8 */
	{ true, "c046", "" },
	/* add.w r0, r0, r1, lsr #2 */
	{ true, "00eb9100", "t2=r1 << -0x2; r0=r0 + t2" },
	/* adc.w r0, r1, r2 */
	{ true, "41eb0200", "r0=?" },
	/* adcs.w r0, r1, r2 */
	{ true, "51eb0200", "r0=?; f=?" },
	/* ror.w r0, r1, #8 */
	{ true, "4fea3120", "r0=mix r1,-" },
	/* bl .+0x100 */
	{ true, "00f07ef8", "-> call 0x10103" },
	/* blx .+0x102 */
	{ true, "00f080e8", "-> call 0x10104" },
	/* ldrex r0, [r1, #4] */
	{ true, "51e8010f", "r0=4[r1,0x4]" },
	/* lsrs r0, r0, #5 */
	{ true, "4009", "r0=r0; f=r0 cmp 0x0 /4" },
};
