/* Package source is trusted without signature */
rule apt_trusted
{
	meta:
		title = "package source is trusted without signature"
		severity = "medium"
		confidence = "high"
		target = "config"
		explanation = "Programs from this source are installed whoever offers them."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
	strings:
		$a = /(^|\n)[ \t]*deb(-src)?[ \t]+\[[^\]\n]{0,60}\b(trusted|allow-insecure)=yes\b/
		$b = /(^|\n)[ \t]*gpgcheck[ \t]*=[ \t]*0[ \t]*(\n|$)/
		$c = /(^|\n)[ \t]*APT::Get::AllowUnauthenticated[ \t]+["']?(true|1|yes)\b/
		$py = "\"\"\""
	condition:
		any of ($a, $b, $c) and not $py
}
