/* Tool for attacks was left in the firmware */
rule shipped_tools
{
	meta:
		title = "tool for attacks was left in the firmware"
		severity = "low"
		confidence = "high"
		target = "elf"
		explanation = "The image contains a program for capturing traffic, scanning networks or guessing passwords. It helps an attacker who is already inside."
		ask_vendor = "What does the device need this tool for?"
		cwe = 489
	strings:
		$hydra = "https://github.com/vanhauser-thc/thc-hydra"
		$nmap = "Usage: nmap [Scan Type(s)]"
		$aircrack = "usage: aircrack-ng [options]"
		$aireplay = "usage: aireplay-ng <options>"
		$tcpdump = /\[ -r file \] \[ -s snaplen \] \[ -T type \]/
	condition:
		any of them
}
