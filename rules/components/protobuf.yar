rule protocol_buffers
{
    meta:
        component = "Protocol Buffers"
        type = "library"
        cpe = "google:protobuf"
        purl = "pkg:generic/protobuf"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "google/protobuf/descriptor.cc => "
        miss = "google/protobuf/descriptor.proto"
    strings:
        $a = /google\/protobuf\/[a-z_\/]{4,40}\.cc/
    condition:
        $a
}
