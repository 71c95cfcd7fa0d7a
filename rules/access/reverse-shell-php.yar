/* PHP page ties a shell to a socket */
rule php_socket
{
	meta:
		title = "PHP page ties a shell to a socket"
		severity = "critical"
		confidence = "high"
		target = "web, script"
		explanation = "The page connects to a computer outside and gives it a command line."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
	strings:
		$open = /\b(fsockopen|stream_socket_client|socket_connect)[ ]?\(/
		$sh = /["'](uname -a; w; id; )?(\/bin\/)?(ba|a)?sh -i( <&\d >&\d 2>&\d)?["';]/
	condition:
		all of them
}
