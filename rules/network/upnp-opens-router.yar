/* Device opens ports in the owner's router */
rule port_mapping
{
	meta:
		title = "device opens ports in the owner's router"
		severity = "medium"
		confidence = "medium"
		target = "script, elf"
		explanation = "The program tells the router of the home to let the internet through to the device."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
	strings:
		$a = /\bupnpc(-static)?[ \t]+-a[ \t]+[%$0-9]/
	condition:
		$a
}
