/* capabilities.h - what a program can do at all: the fact code.capabilities */
#ifndef FW_ANALYZERS_HIDDEN_CAPABILITIES_H
#define FW_ANALYZERS_HIDDEN_CAPABILITIES_H

#include <stdint.h>

enum hidden_can {
	HIDDEN_LISTENS = 1 << 0,
	HIDDEN_CONNECTS = 1 << 1,
	HIDDEN_EXECUTES = 1 << 2, /* programs, or a shell */
	HIDDEN_LOADS = 1 << 3,	  /* libraries or kernel modules, by name */
	HIDDEN_ACCOUNTS = 1 << 4, /* changes accounts or keys */
	HIDDEN_FLASH = 1 << 5,	  /* writes the device's flash memory */
	HIDDEN_RAW = 1 << 6,	  /* sockets below TCP and UDP */
	HIDDEN_TRACES = 1 << 7,	  /* reads or changes other programs */
	HIDDEN_CANS = 8
};

/* The bits of a fact's value. */
uint32_t hidden_can_read(const char *fact);

#endif
