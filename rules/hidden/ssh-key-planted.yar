/* Script gives a fixed SSH key access */
rule authorized_key
{
	meta:
		title = "script gives a fixed SSH key access"
		severity = "high"
		confidence = "high"
		target = "script"
		explanation = "A script adds a key that somebody outside holds to those that may log in. The owner cannot see it in the settings and cannot change it."
		ask_vendor = "Who holds the private half of this key, and how does the owner remove it?"
		cwe = 912
		cwe = 321
	strings:
		$a = /echo[ \t]+["\']?(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp256)[ \t]+AAAA[A-Za-z0-9+\/=]{20,800}[^\n]{0,120}>>?[ \t]*[^\s]*authorized_keys/
	condition:
		$a
}
