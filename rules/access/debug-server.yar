/* Debugger is started on the network */
rule gdbserver_started
{
	meta:
		title = "debugger is started on the network"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "A remote debugger lets anybody who reaches its port change any program while it runs. It asks for no password."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 489
		cwe = 306
	strings:
		$a = /(^|\n|[;&|])[ \t]*(\/[a-z\/]{1,30}\/)?gdbserver[ \t][^\n\x00]{0,60}:[0-9]{2,5}\b/
	condition:
		$a
}

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
