/* Passwords of the web server are only disguised */
rule xor_salt
{
	meta:
		title = "passwords of the web server are only disguised"
		severity = "low"
		confidence = "high"
		target = "elf"
		explanation = "The web server keeps passwords under a constant that stands in its public source."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
		reference = "https://pierrekim.github.io/blog/2020-07-07-cdata-olt-0day-vulnerabilities.html"
	strings:
		$a = "*j7a(L#yZ98sSd5HfSgGjMj8;Ss;d)(*&^#@$a2s0i3g"
	condition:
		$a
}
