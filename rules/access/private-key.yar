/* Private key shipped in the firmware */
rule pem_body
{
	meta:
		title = "private key shipped in the firmware"
		severity = "high"
		confidence = "high"
		target = "key, elf, config, script, web"
		explanation = "A private key that is in every unit is no secret: whoever reads one firmware file can pretend to be any of the devices, or decrypt what they send."
		ask_vendor = "What is this key for, is it the same in every unit, and how is it replaced?"
		false_alarm = "A key for tests or examples that nothing uses."
		secret = true
		cwe = 321
	strings:
		$a = /-----BEGIN (RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----(\\n|\s){1,4}[A-Za-z0-9+\/=]{40,80}(\\n|\s){1,4}[A-Za-z0-9+\/]{16}/
	condition:
		$a
}
