/* Tunnel gives a stranger the device's SSH */
rule ssh_remote_forward
{
	meta:
		title = "tunnel gives a stranger the device's SSH"
		severity = "high"
		confidence = "medium"
		target = "script, config, elf"
		explanation = "The device builds a connection outward through which somebody there can log in, past every firewall."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
	strings:
		$a = /\b(auto)?ssh[ \t][^\n\x00]{0,120}-[fNnTqy]{0,5}R[ \t]*["\']?([0-9.*]+:)?[0-9$%{][^\s:]{0,20}:(localhost|127\.0\.0\.1):(22|23|80)\b/
	condition:
		$a
}
