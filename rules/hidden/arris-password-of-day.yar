/* Service password can be computed from the date */
rule day_seed
{
	meta:
		title = "service password can be computed from the date"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The modem has a service login whose password changes daily, but it is computed from the date and this public word. Anybody can compute it."
		ask_vendor = "Does each customer of the vendor set a seed of their own, and can the service login be reached on shipped devices?"
		cwe = 912
		cwe = 798
		reference = "CVE-2009-5149"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2009-5149"
	strings:
		$a = "MPSJKMDHAI"
	condition:
		$a
}
