/* Android debug bridge listens on the network */
rule adb_tcp
{
	meta:
		title = "Android debug bridge listens on the network"
		severity = "high"
		confidence = "high"
		target = "elf"
		kind = "access/adb-network/adb_tcp"
		explanation = "The debug bridge gives a command line to whoever connects to its port."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 489
		cwe = 306
	strings:
		$a = /setprop[ \t]+(service|persist)\.adb\.tcp\.port[ \t]+[0-9]{2,5}/
	condition:
		$a
}
