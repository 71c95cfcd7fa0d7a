// clang-format off: a row a line
/* lift_mips_rows.h - words, what they are, what they become */
{ 0x3c1c0002, /* lui gp,0x2 */
	"gp=0x20000", NULL },
{ 0x279c8090, /* addiu gp,gp,-32624 */
	"gp=gp + -0x7f70", NULL },
{ 0x0399e021, /* addu gp,gp,t9 */
	"gp=gp + t9", NULL },
{ 0x2402ffff, /* li v0,-1 */
	"v0=0xffffffff", NULL },
{ 0x00808025, /* move s0,a0 */
	"s0=a0", NULL },
{ 0x00808025, /* move s0,a0 */
	"s0=a0", NULL },
{ 0x34425678, /* ori v0,v0,0x5678 */
	"v0=v0 | 0x5678", NULL },
{ 0x34028000, /* li v0,0x8000 */
	"v0=0x8000", NULL },
{ 0x304200ff, /* andi v0,v0,0xff */
	"v0=v0 & 0xff", NULL },
{ 0x38420004, /* xori v0,v0,0x4 */
	"v0=v0 ^ 0x4", NULL },
{ 0x00431026, /* xor v0,v0,v1 */
	"v0=v0 ^ v1", NULL },
{ 0x00641023, /* subu v0,v1,a0 */
	"v0=v1 - a0", NULL },
{ 0x00031023, /* negu v0,v1 */
	"v0=mix v1 -", NULL },
{ 0x00401027, /* nor v0,v0,zero */
	"v0=v0 ^ 0xffffffff", NULL },
{ 0x00021080, /* sll v0,v0,0x2 */
	"v0=v0 << 0x2", NULL },
{ 0x00021602, /* srl v0,v0,0x18 */
	"v0=v0 << -0x18", NULL },
{ 0x00021603, /* sra v0,v0,0x18 */
	"v0=mix v0 -", NULL },
{ 0x2c420001, /* sltiu v0,v0,1 */
	"f=v0 cmp 0x0; v0=eq f", NULL },
{ 0x2c42000a, /* sltiu v0,v0,10 */
	"f=v0 cmp 0xa; v0=lt f", NULL },
{ 0x2842fffb, /* slti v0,v0,-5 */
	"f=v0 cmp -0x5; v0=lt f", NULL },
{ 0x0002102b, /* sltu v0,zero,v0 */
	"f=v0 cmp 0x0; v0=ne f", NULL },
{ 0x0064102b, /* sltu v0,v1,a0 */
	"f=v1 cmp a0; v0=lt f", NULL },
{ 0x8f998050, /* lw t9,-32688(gp) */
	"t9=4[gp,-0x7fb0]", NULL },
{ 0x82020002, /* lb v0,2(s0) */
	"v0=1[s0,0x2]", NULL },
{ 0x97a2fffe, /* lhu v0,-2(sp) */
	"v0=2[sp,-0x2]", NULL },
{ 0x88820000, /* lwl v0,0(a0) */
	"v0=4[a0,0x0]", "" },
{ 0x98820003, /* lwr v0,3(a0) */
	"", "v0=4[a0,0x3]" },
{ 0x88820003, /* lwl v0,3(a0) */
	"v0=4[a0,0x3]", "" },
{ 0x98820000, /* lwr v0,0(a0) */
	"", "v0=4[a0,0x0]" },
{ 0xaba20004, /* swl v0,4(sp) */
	"4[sp,0x4]=v0", "" },
{ 0xbba20004, /* swr v0,4(sp) */
	"", "4[sp,0x4]=v0" },
{ 0xafbf0024, /* sw ra,36(sp) */
	"4[sp,0x24]=ra", NULL },
{ 0xa0800000, /* sb zero,0(a0) */
	"1[a0,0x0]=0", NULL },
{ 0xa4830002, /* sh v1,2(a0) */
	"2[a0,0x2]=v1", NULL },
{ 0x10430003, /* beq v0,v1 */
	"f=v0 cmp v1; branch eq f 0x401010 delay", NULL },
{ 0x14400003, /* bnez v0 */
	"f=v0 cmp 0x0; branch ne f 0x401010 delay", NULL },
{ 0x54430003, /* bnel v0,v1 */
	"f=v0 cmp v1; branch ne f 0x401010 likely", NULL },
{ 0x50400003, /* beqzl v0 */
	"f=v0 cmp 0x0; branch eq f 0x401010 likely", NULL },
{ 0x18400003, /* blez v0 */
	"f=v0 cmp 0x0; branch lt f 0x401010 delay", NULL },
{ 0x1c400003, /* bgtz v0 */
	"f=v0 cmp 0x0; branch gt f 0x401010 delay", NULL },
{ 0x04400003, /* bltz v0 */
	"f=v0 cmp 0x0; branch lt f 0x401010 delay", NULL },
{ 0x0443fffb, /* bgezl v0 */
	"f=v0 cmp 0x0; branch gt f 0x400ff0 likely", NULL },
{ 0x10000003, /* b */
	"jump 0x401010 delay", NULL },
{ 0x04110001, /* bal */
	"ra=0x401008; link", NULL },
{ 0x0411000f, /* bal */
	"ra=0x401008; call 0x401040 delay", NULL },
{ 0x0320f809, /* jalr t9 */
	"to=t9; ra=0x401008; call * to delay", NULL },
{ 0x03e00008, /* jr ra */
	"return delay", NULL },
{ 0x03200008, /* jr t9 */
	"to=t9; jump * to delay", NULL },
{ 0x00400008, /* jr v0 */
	"to=v0; jump * to delay", NULL },
{ 0x0083100a, /* movz v0,a0,v1 */
	"f=v1 cmp 0x0; v0=eq f a0", NULL },
{ 0x0003100b, /* movn v0,zero,v1 */
	"f=v1 cmp 0x0; v0=ne f 0", NULL },
{ 0x7c021420, /* seb v0,v0 */
	"v0=v0", NULL },
{ 0x7c041620, /* seh v0,a0 */
	"v0=a0", NULL },
{ 0x7c823a00, /* ext v0,a0,0x8,0x8 */
	"v0=a0 << -0x8; v0=v0 & 0xff", NULL },
{ 0x7c023804, /* ins v0,zero,0x0,0x8 */
	"v0=v0 & 0xffffff00", NULL },
{ 0x7c627a04, /* ins v0,v1,0x8,0x8 */
	"v0=mix v0 v1", NULL },
{ 0x70641002, /* mul v0,v1,a0 */
	"v0=mix v1 a0", NULL },
{ 0x00640018, /* mult v1,a0 */
	"lo=mix v1 a0; hi=mix v1 a0", NULL },
{ 0x00001012, /* mflo v0 */
	"v0=lo", NULL },
{ 0x0064001a, /* div zero,v1,a0 */
	"lo=mix v1 a0; hi=mix v1 a0", NULL },
{ 0x008001f4, /* teq a0,zero,0x7 */
	"", NULL },
{ 0x00000034, /* teq zero,zero */
	"stop", NULL },
{ 0x0000000d, /* break */
	"stop", NULL },
{ 0x0000000c, /* syscall */
	"v0=syscall v0; v1=?; a3=?", NULL },
{ 0x00000000, /* nop */
	"", NULL },
{ 0x0000000f, /* sync */
	"", NULL },
{ 0xcc800000, /* pref 0x0,0(a0) */
	"", NULL },
{ 0xc0820000, /* ll v0,0(a0) */
	"v0=4[a0,0x0]", NULL },
{ 0xe0820000, /* sc v0,0(a0) */
	"4[a0,0x0]=v0; v0=?", NULL },
{ 0x7c03e83b, /* rdhwr v1,$29 */
	"v1=?", NULL },
{ 0x70821020, /* clz v0,a0 */
	"v0=mix a0 -", NULL },
{ 0x7c0210a0, /* wsbh v0,v0 */
	"v0=mix v0 -", NULL },
{ 0xd4800008, /* ldc1 $f0,8(a0) */
	"fpr=8[a0,0x8]", NULL },
{ 0xe4800008, /* swc1 $f0,8(a0) */
	"4[a0,0x8]=fpr", NULL },
{ 0x44820000, /* mtc1 v0,$f0 */
	"fpr=?", NULL },
{ 0x4602003c, /* c.lt.s $f0,$f2 */
	"fcc=?", NULL },
{ 0x45010003, /* bc1t */
	"branch odd fcc 0x401010 delay", NULL },
{ 0x46041000, /* add.s $f0,$f2,$f4 */
	"fpr=?", NULL },
{ 0x00430021, /* addu zero,v0,v1 */
	"", NULL },
