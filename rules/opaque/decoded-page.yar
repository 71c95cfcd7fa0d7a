/* Web page runs decoded text */
rule php_eval
{
	meta:
		title = "web page runs decoded text"
		severity = "high"
		confidence = "high"
		target = "web, script"
		explanation = "The page decodes a text and runs it as a program, so that a reader cannot see what it does."
		ask_vendor = "What do these commands do in clear text, and why are they hidden?"
		cwe = 506
	strings:
		$a = /\b(eval|assert)[ \t]*\([ \t]*(gzinflate|gzuncompress|str_rot13)?[ \t]*\(?[ \t]*base64_decode[ \t]*\(/
	condition:
		$a
}
