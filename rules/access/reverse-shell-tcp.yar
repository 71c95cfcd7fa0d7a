/* Shell is sent to another computer */
rule dev_tcp
{
	meta:
		title = "shell is sent to another computer"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The script connects a shell to a computer outside. Whoever sits there controls the device, also through a firewall."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 506
	strings:
		$a = /\b(ba|z|k)?sh[ \t]+-i[ \t]*(>&|&>|>|0>&|<>)[ \t]*["\']?\/dev\/(tcp|udp)\/[^\s]/
		$b = /exec[ \t]+[0-9]+<>[ \t]*\/dev\/tcp\/[^\n]{3,80}\n[^\n]{0,80}\b(ba)?sh[ \t]+-i/
	condition:
		any of them
}
