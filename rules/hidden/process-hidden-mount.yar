/* Process is hidden by a mount */
rule bind_proc
{
	meta:
		title = "process is hidden by a mount"
		severity = "critical"
		confidence = "high"
		target = "script, elf"
		explanation = "An empty folder is put over the folder that describes a running program. Lists of programs then no longer show it."
		ask_vendor = "Which program is hidden here, and why?"
		cwe = 912
		cwe = 506
		reference = "https://attack.mitre.org/techniques/T1564/013/"
	strings:
		$a = /\bmount[ \t]+[^\n\x00;]{0,60}(-o[ \t]*bind|--bind|-B)[ \t]+[^\n\x00;]{1,60}[ \t]["']?\/proc\/(\$|[0-9%])/
		$b = /\bmount[ \t]+[^\n\x00;]{1,60}[ \t]["']?\/proc\/(\$\$|\$\{?(pid|PID|p)\}?|[0-9]{2,6}|%d)["']?[ \t]+[^\n\x00;]{0,30}(-o[ \t]*bind|--bind)/
	condition:
		any of them
}
