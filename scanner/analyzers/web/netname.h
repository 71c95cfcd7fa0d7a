/* netname.h - what an address or a host name is good for
 *
 * Classes are words of facts: public; private, loopback, link-local, multicast,
 * reserved, netmask, network; documentation, schema, example; resolver, ddns,
 * time, check, push. Known hosts stand in rules/data/network.tsv.
 */
#ifndef FW_ANALYZERS_NETNAME_H
#define FW_ANALYZERS_NETNAME_H

#include "core/analyzer.h"

/* The IPv4 address at the start of v, its length in *len. False where none
 * stands there, or one with a leading zero or more than four numbers. */
bool net_read_ip(struct fw_view v, uint32_t *ip, size_t *len);

/* Source: RFC 1918, 5737, 6598, 3927, 5771, 1112, 2544. */
const char *net_ip_class(uint32_t ip, struct fw_view text);

/* A name that DNS can have outside of the owner's network. */
bool net_is_host(struct fw_view v);
const char *net_host_class(struct fw_view host);

#endif
