/* Perl line ties a shell to a socket */
rule perl_exec
{
	meta:
		title = "Perl line ties a shell to a socket"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "One line of Perl connects to a computer outside and gives it a command line."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
	strings:
		$open = /open\(STDIN,[ ]?["']>&[A-Za-z]{1,8}["']\)[ ;]{1,3}open\(STDOUT,/
		$loop = /while\(<>\)[ ]?\{?[ ]?\(?[ ]?(system|exec|`)[^\n]{0,12}\$_/
		$sock = "IO::Socket::INET"
		$sh = /exec[ ({]{1,3}["']\/bin\/(ba|a)?sh/
	condition:
		($open and $sh) or ($sock and $loop)
}
