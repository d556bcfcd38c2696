// Target descriptions as documents.
import Debug
import Testing

@Suite struct TargetDescriptionTests {
    @Test func document() {
        let description = TargetDescription(
            architecture: "riscv:rv64",
            features: [
                .init(
                    "org.gnu.gdb.riscv.fpu",
                    types: [
                        .union(
                            "double",
                            fields: [
                                .init("float", type: "ieee_single"), .init("double", type: "ieee_double"),
                            ]),
                        .vector("bytes", of: "uint8", count: 16),
                    ],
                    registers: [
                        .init("ft0", number: 33, bitSize: 64, type: "double", group: "float"),
                        .init("a<&>\"b\u{1}", number: 34, bitSize: 128, type: "bytes"),
                    ])
            ])
        #expect(description.xml == """
            <?xml version="1.0"?>
            <!DOCTYPE target SYSTEM "gdb-target.dtd">
            <target version="1.0">
            <architecture>riscv:rv64</architecture>
            <osabi>none</osabi>
            <feature name="org.gnu.gdb.riscv.fpu">
            <union id="double">
            <field name="float" type="ieee_single"/>
            <field name="double" type="ieee_double"/>
            </union>
            <vector id="bytes" type="uint8" count="16"/>
            <reg name="ft0" bitsize="64" type="double" regnum="33" group="float"/>
            <reg name="a&lt;&amp;&gt;&quot;b?" bitsize="128" type="bytes" regnum="34"/>
            </feature>
            </target>

            """)
    }
}
