/* Hidden account mydlinkBRionyg */
rule mydlink_user
{
	meta:
		title = "hidden account mydlinkBRionyg"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "This user name opens the storage device from the network as administrator. It belongs to no owner and cannot be removed."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
	strings:
		$u = "mydlinkBRionyg"
	condition:
		$u
}
