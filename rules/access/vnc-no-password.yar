/* Screen and keyboard are given to the network */
rule vnc_open
{
	meta:
		title = "screen and keyboard are given to the network"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "The remote screen is started without a password."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /\bx11vnc[ \t][^\n#]{0,120}-nopw\b/
		$b = /\b(X|Xtiger|tiger)?vnc(server)?[ \t][^\n#]{0,120}-SecurityTypes[ \t=]+None\b/ nocase
		$auth = "-localhost"
	condition:
		any of ($a, $b) and not $auth
}
