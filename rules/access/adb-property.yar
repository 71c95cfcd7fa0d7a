/* Android debug bridge listens on the network */
rule adb_port
{
	meta:
		title = "Android debug bridge listens on the network"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "A setting opens the debug bridge on the network at every start."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 489
		cwe = 306
	strings:
		$a = /(^|\n)[ \t]*(persist|service)\.adb\.tcp\.port[ \t]*=[ \t]*[1-9][0-9]{1,4}\b/
	condition:
		$a
}
