/* Remote debugger was left in the firmware */
rule gdbserver_shipped
{
	meta:
		title = "remote debugger was left in the firmware"
		severity = "low"
		confidence = "high"
		target = "elf"
		explanation = "The image contains gdbserver. It is a developer tool and helps an attacker who is already inside."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 489
	strings:
		$a = "Usage:\tgdbserver [OPTIONS] COMM PROG [ARGS ...]"
	condition:
		$a
}
