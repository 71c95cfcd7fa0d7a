/* elf_use.c - what a program does, by the functions that it calls */
#include "analyzers/elf/elf_use.h"
#include "analyzers/web/webtext.h"

enum { SYMBOLS_MAX = 200000 };

static bool is_one_of(struct fw_view name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_eq(name, fw_view_str(*list)))
			return true;
	return false;
}

static bool starts_with(struct fw_view name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fw_view_starts(name, fw_view_str(*list)))
			return true;
	return false;
}

/* system, popen, and what vendors wrap them in: doSystem, twsystem, exec_cmd.
 */
static bool is_shell(struct fw_view name)
{
	static const char *const exact[] = {
		"system",      "popen",		 "twsystem",   "doSystem",
		"doSystemCmd", "do_system",	 "CsteSystem", "bl_system",
		"exec_cmd",    "exec_command",	 "run_cmd",    "shell_exec",
		"do_cmd",      "lxmldbc_system", "SystemCmd",  "execFormatCmd",
		NULL
	};

	return is_one_of(name, exact);
}

/* A signature made with a private key, not the certificate of a TLS partner. */
static bool is_verify(struct fw_view name)
{
	static const char *const makers[] = { "rsa",	 "evp_",   "dsa",
					      "ed25519", "_pk_",   "cms_",
					      "pkcs",	 "nettle", "gpg",
					      "sign",	 "eddsa",  NULL };

	if (fw_view_eq(name, FW_STR("RSA_public_decrypt")))
		return true;
	if (!web_has(name, "verif") || web_has(name, "x509") ||
	    fw_view_starts(name, FW_STR("SSL_")))
		return false;
	for (size_t i = 0; makers[i] != NULL; i++)
		if (web_has(name, makers[i]))
			return true;
	return false;
}

/* Functions of the relay services that most cameras are sold with. */
static bool is_p2p(struct fw_view name)
{
	static const char *const heads[] = {
		"PPPP_Initialize", "PPPP_Listen", "PPCS_Initialize",
		"PPCS_Listen",	   "IOTC_Device", "IOTC_Initialize",
		"IOTC_Listen",	   "XQP2P_",	  "NDT_PPCS_",
		"TUTK_SDK_",	   "avServStart", "P2PTunnelServer",
		"Kalay_",	   NULL
	};

	return starts_with(name, heads);
}

static void look_at(struct fw_view name, bool defined, struct elf_use *u)
{
	static const char *const listen[] = { "listen",	  "accept",   "accept4",
					      "mg_start", "mg_bind",
					      NULL };
	static const char *const connect[] = {
		"connect",	   "getaddrinfo",	"gethostbyname",
		"res_query",	   "curl_easy_perform", "curl_easy_init",
		"gethostbyname_r", "SSL_connect",	NULL
	};
	static const char *const table[] = { "websFormDefine",
					     "websAspDefine",
					     "websUrlHandlerDefine",
					     "httpdAddCContent",
					     "mg_start",
					     "MHD_start_daemon",
					     "FCGX_Accept",
					     "FCGI_Accept",
					     "cgiFormString",
					     NULL };

	u->listens |= is_one_of(name, listen);
	u->connects |= is_one_of(name, connect);
	u->web_table |= is_one_of(name, table);
	u->gets_env |= fw_view_eq(name, FW_STR("getenv"));
	u->verifies |= is_verify(name);
	if (!u->shell && is_shell(name)) {
		u->shell = true;
		u->shell_name = name;
	}
	if (defined && !u->p2p_sdk && is_p2p(name)) {
		u->p2p_sdk = true;
		u->p2p_name = name;
	}
}

static void look_through(const struct elf_symbols *t, struct elf_use *u)
{
	struct elf_symbol sym;

	for (size_t i = 1; i < t->count && i < SYMBOLS_MAX; i++) {
		if (!elf_symbol_at(t, i, &sym) || sym.name.len == 0)
			continue;
		u->known = true;
		look_at(sym.name, sym.defined, u);
	}
}

void elf_use_read(const struct elf_file *f, struct elf_use *u)
{
	*u = (struct elf_use){ 0 };
	look_through(&f->dynsym, u);
	look_through(&f->symtab, u);
}
