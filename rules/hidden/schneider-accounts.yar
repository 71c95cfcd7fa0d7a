/* Factory accounts of industrial controllers */
rule factory_accounts
{
	meta:
		title = "factory accounts of industrial controllers"
		severity = "critical"
		confidence = "high"
		target = "elf, config, kernel"
		explanation = "Network modules of controllers have accounts for the maker with passwords that stand in the firmware and are public. They allow a new firmware to be loaded."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2011-4859"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2011-4859"
	strings:
		$a = "factorycast@schneider"
		$b = "fdrusers" fullword
		$c = "sresurdf" fullword
	condition:
		$a or ($b and $c)
}
