/* boot_env.c - what a boot loader is told to start
 *
 * Reads the environment of U-Boot, also the default one inside its code: texts
 * "name=value", each ended by a zero byte. Of interest are bootargs (the
 * kernel's command line), bootcmd and how long it waits for a key.
 *
 * Source: U-Boot include/env_default.h, doc/README.autoboot; Linux
 * Documentation/admin-guide/kernel-parameters.txt
 */
#include "core/analyzer.h"

enum {
	CODE_LEAST = 4096,
	CODE_MOST = 16 << 20,
	VALUE_MAX = 512,
	HITS_MAX = 4,
	EVIDENCE_MAX = 8
};

static const struct fw_kind args_shell = {
	.id = "access/boot-args-shell",
	.title = "the kernel is told to start a shell in place of the system",
	.explanation = "The boot loader tells the kernel that its first "
		       "program is a shell. Whoever connects a cable to the "
		       "serial port has full control, without a password.",
	.ask_vendor = "Are devices shipped with these boot arguments?",
	.false_alarm = "An environment for repair that normal starts do not "
		       "use.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 1191, 306 },
};

static const struct fw_kind prompt = {
	.id = "access/boot-prompt",
	.title = "the boot loader can be stopped with a key",
	.explanation = "Before it starts the system the boot loader waits for "
		       "a key on the serial port. Whoever opens the case can "
		       "stop it there, read and write the memory, and start "
		       "another system.",
	.ask_vendor = "Is the boot loader's command line closed on shipped "
		      "devices?",
	.false_alarm = "A password for the boot loader, or a board without "
		       "pins for the serial port.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 1191 },
};

static const struct fw_kind from_network = {
	.id = "integrity/boot-from-network",
	.title = "the boot loader takes the system from the network or a stick",
	.explanation = "The command that starts the device fetches a system "
		       "from the network or from a USB stick. Whoever is on "
		       "that network, or plugs in a stick, decides what "
		       "starts.",
	.ask_vendor = "Does the boot loader check a signature of what it "
		      "fetches, and why is this on in shipped devices?",
	.false_alarm = "A way to repair devices that asks for a key at the "
		       "device; signed images (FIT).",
	.severity = FW_MEDIUM,
	.confidence = FW_UNSURE,
	.cwe = { 494, 1326 },
};

static bool is_environment(const struct fw_object *obj)
{
	return obj->format != NULL && strcmp(obj->format, "uboot_env") == 0;
}

static bool env_wants(const struct fw_object *obj)
{
	if (is_environment(obj))
		return true;
	return obj->format == NULL && obj->bytes.len >= CODE_LEAST &&
	       obj->bytes.len <= CODE_MOST && !fw_is_text(obj->bytes);
}

/* The value of a variable at or after *from, which moves behind it. */
static struct fw_view variable(struct fw_view v, struct fw_view name,
			       size_t *from)
{
	for (unsigned n = 0; n < 64; n++) {
		size_t at = fw_view_find(v, name, *from), end;

		if (at == SIZE_MAX)
			break;
		*from = at + name.len;
		/* The checksum and a flag stand before the first. */
		if (at > 5 && v.data[at - 1] != 0)
			continue;
		end = *from;
		while (end < v.len && v.data[end] >= 0x20 &&
		       v.data[end] < 0x7f && end - *from < VALUE_MAX)
			end++;
		if (end < v.len && v.data[end] == 0)
			return fw_view_sub(v, *from, end - *from);
	}
	return (struct fw_view){ NULL, 0 };
}

/* --- facts of a content --- */

static void fact(const struct fw_object *obj, struct fw_out *out,
		 struct fw_view name, const char *key, unsigned hits)
{
	size_t from = 0;

	for (unsigned n = 0; n < hits; n++) {
		struct fw_view v = variable(obj->bytes, name, &from);

		if (v.data == NULL)
			return;
		fw_out_factf(out, key, "%.*s", FW_FMT(v));
	}
}

static void env_inspect(const struct fw_object *obj, struct fw_out *out)
{
	fact(obj, out, FW_STR("bootargs="), "boot.args", HITS_MAX);
	fact(obj, out, FW_STR("bootcmd="), "boot.command", 1);
	fact(obj, out, FW_STR("bootdelay="), "boot.delay", 1);
	fact(obj, out, FW_STR("bootstopkey="), "boot.stop", 1);
}

/* --- findings of an image --- */

static bool any_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strstr(s, *list) != NULL)
			return true;
	return false;
}

static bool bad_args(const struct fw_place *p, const char *v)
{
	static const char *const shells[] = { "init=/bin/sh", "init=/bin/ash",
					      "init=/bin/bash",
					      "init=/bin/busybox", NULL };

	(void)p;
	return any_of(v, shells);
}

static bool bad_command(const struct fw_place *p, const char *v)
{
	static const char *const far[] = { "tftp",	  "dhcp",     "nfs ",
					   "fatload usb", "load usb", NULL };

	(void)p;
	return any_of(v, far);
}

/* A word that has to be typed closes the prompt; a variable without one is as
 * good as none. */
static bool waits(const struct fw_place *p, const char *v)
{
	const char *stop = fw_place_fact(p, "boot.stop", 0);

	return v[0] >= '1' && v[0] <= '9' && strlen(v) <= 3 &&
	       (stop == NULL || stop[0] == '\0');
}

static const struct judge {
	const struct fw_kind *kind;
	const char *key, *name;
	bool (*bad)(const struct fw_place *p, const char *value);
} judges[] = {
	{ &args_shell, "boot.args", "bootargs", bad_args },
	{ &from_network, "boot.command", "bootcmd", bad_command },
	{ &prompt, "boot.delay", "bootdelay", waits },
};

/* A saved environment counts before the default one inside the code. */
static void judge_image(const struct fw_tree *t, uint32_t root, uint32_t end,
			const struct judge *j, struct fw_out *out)
{
	struct fw_evidence evidence[EVIDENCE_MAX];
	struct fw_claim c = FW_CLAIM(j->kind);
	uint32_t at = root;

	for (uint32_t i = root; i < end; i++) {
		const struct fw_place *p = &t->places[i];
		const char *v = fw_place_fact(p, j->key, 0);

		if (v == NULL || !j->bad(p, v))
			continue;
		if (c.evidence_count == 0 ||
		    (p->format != NULL && t->places[at].format == NULL)) {
			at = i;
			c.detail = fw_text(out, "%s=%s", j->name, v);
		}
		if (c.evidence_count < EVIDENCE_MAX)
			evidence[c.evidence_count++] = (struct fw_evidence){
				.offset = FW_NO_OFFSET,
				.text = fw_text(out, "%s: %s=%s", p->path,
						j->name, v)
			};
	}
	if (c.evidence_count == 0)
		return;
	c.key = j->name;
	c.evidence = evidence;
	fw_out_at(out, at);
	fw_out_claim(out, &c);
}

static void env_correlate(const struct fw_tree *t, struct fw_out *out)
{
	for (uint32_t root = 0; root < t->count && fw_out_ok(out);) {
		uint32_t end = root + 1;

		while (end < t->count && t->places[end].parent != UINT32_MAX)
			end++;
		for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]); i++)
			judge_image(t, root, end, &judges[i], out);
		root = end;
	}
}

const struct fw_analyzer fw_analyzer_boot_env = {
	.name = "boot_env",
	.title = "what a boot loader is told to start",
	.kinds = (const struct fw_kind *const[]){ &args_shell, &prompt,
						  &from_network, NULL },
	.wants = env_wants,
	.inspect = env_inspect,
	.correlate = env_correlate,
};
