/* Signature check is switched off */
rule skip_switch
{
	meta:
		title = "signature check is switched off"
		severity = "medium"
		confidence = "medium"
		target = "script, config"
		explanation = "A setting turns the check of the firmware signature off."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
	strings:
		$a = /(^|\n)[ \t]*(export[ \t]+)?(SKIP|DISABLE|NO)_(SIGN|SIGNATURE|VERIFY|SECUREBOOT)(_CHECK|_VERIFY|_VERIFICATION)?=["\']?(1|y|Y|yes|YES|true|TRUE)\b/
	condition:
		$a
}
