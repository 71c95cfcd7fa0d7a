/* arch.c - the processors, and what their lifters share */
#include "code/arch.h"

#define FW_SOURCE(stem)
#define FW_ARCH(name, stem) &code_##name,
static const struct code_arch *const arches[] = {
#include "code/arches.def"
	NULL
};

const struct code_arch *code_arch_of(uint16_t machine, bool wide)
{
	for (size_t i = 0; arches[i] != NULL; i++)
		if (arches[i]->machine == machine && arches[i]->wide == wide)
			return arches[i];
	return NULL;
}

bool code_decoder_open(const struct code_arch *arch, struct code_mode mode,
		       csh *decoder)
{
	unsigned m = (unsigned)arch->cs_mode;

	if (mode.big_endian)
		m |= (unsigned)CS_MODE_BIG_ENDIAN;
	if (mode.thumb)
		m |= (unsigned)CS_MODE_THUMB;
	if (cs_open(arch->cs_arch, (cs_mode)m, decoder) != CS_ERR_OK)
		return false;
	cs_option(*decoder, CS_OPT_DETAIL, CS_OPT_ON);
	return true;
}

struct code_operation *code_emit(struct code_insn *in, enum code_op op,
				 uint8_t dst)
{
	struct code_operation *o =
		&in->ops[in->count < CODE_OPS ? in->count++ : CODE_OPS - 1];

	*o = (struct code_operation){
		.op = (uint8_t)op, .dst = dst, .a = CODE_NONE, .b = CODE_NONE
	};
	return o;
}
