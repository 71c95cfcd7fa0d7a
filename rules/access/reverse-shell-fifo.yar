/* Shell is tied to a network connection by a pipe */
rule mkfifo_shell
{
	meta:
		title = "shell is tied to a network connection by a pipe"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "A named pipe joins a shell and a network program. This is a remote command line without login."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 506
	strings:
		$a = /mkfifo[ \t]+[^\n]{1,160}\|[ \t]*(\/bin\/)?(a|ba)?sh[ \t]+-i[^\n]{0,80}\|[ \t]*(busybox[ \t]+)?(nc|ncat|telnet|openssl)\b/
	condition:
		$a
}
