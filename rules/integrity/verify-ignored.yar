/* Result of a signature check is thrown away */
rule result_ignored
{
	meta:
		title = "result of a signature check is thrown away"
		severity = "high"
		confidence = "medium"
		target = "script"
		explanation = "The signature is checked, but the script goes on whatever comes out."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
	strings:
		$a = /\bopenssl[ \t]+(dgst|pkeyutl|rsautl|smime|cms)[^\n]{0,160}-verify[^\n]{0,160}(\|\|[ \t]*(true|:)|;[ \t]*true)[ \t]*(\n|$)/
		$b = /\b(usign|signify)[ \t]+-V[^\n]{0,120}\|\|[ \t]*(true|:)[ \t]*(\n|$)/
		$c = /\bgpgv?[ \t][^\n]{0,80}--verify[^\n]{0,80}\|\|[ \t]*(true|:)[ \t]*(\n|$)/
	condition:
		any of them
}
