/* One network packet switches on a remote command line */
rule magic_packet
{
	meta:
		title = "one network packet switches on a remote command line"
		severity = "high"
		confidence = "high"
		target = "elf"
		explanation = "A program waits for a special packet and then starts telnet. The key that makes the packet is public, so everybody in the local network can do it."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://openwrt.org/toh/netgear/telnet.console"
	strings:
		$key = "AMBIT_TELNET_ENABLE+"
	condition:
		$key
}
