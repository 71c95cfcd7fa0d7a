/* Library is slipped under the programs of every login */
rule profile_preload
{
	meta:
		title = "library is slipped under the programs of every login"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "A file that every login reads puts extra code from a writable folder under all programs."
		ask_vendor = "What does the library do, and why does it lie in a writable folder?"
		cwe = 912
		cwe = 426
		reference = "https://attack.mitre.org/techniques/T1574/006/"
	strings:
		$a = /\bLD_PRELOAD=["']?(\/tmp|\/var\/tmp|\/dev\/shm|\/mnt|\/data\/local)\/[^\s"':]{2,80}/
	condition:
		$a
}
