rule node_js
{
    meta:
        component = "Node.js"
        version = "^node-v([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "nodejs:node.js"
        purl = "pkg:generic/node.js"
        license = "MIT"
        target = "elf"
        hit = "https://nodejs.org/download/release/v18.20.4/node-v18.20.4.tar.gz => 18.20.4"
        miss = "node-v18"
    strings:
        $a = /node-v(0|[1-9][0-9]?)\.[0-9]{1,2}\.[0-9]{1,2}(\.tar\.gz|-headers)/
    condition:
        $a
}
