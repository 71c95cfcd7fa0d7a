/* Program that builds tunnels past the firewall */
rule tunnel_client
{
	meta:
		title = "program that builds tunnels past the firewall"
		severity = "medium"
		confidence = "medium"
		target = "elf"
		explanation = "The image has a tunnel program of the sort with which outsiders reach a device behind its firewall."
		ask_vendor = "What is the tunnel used for, who runs the other end, and can the owner switch it off?"
		false_alarm = "A documented function that the owner switches on."
		cwe = 923
	strings:
		$a = "github.com/fatedier/frp"
		$b = "github.com/inconshreveable/ngrok"
		$c = "github.com/jpillora/chisel"
		$d = "ehang.io/nps"
		$e = "github.com/nknorg/nkn"
		$f = "gs-netcat"
		$g = "iodine IP over DNS tunneling client"
		$h = "github.com/yarrick/iodine"
		$i = "github.com/cnlh/nps"
	condition:
		any of them
}
