// A device tree in memory.

/// A named value of a node.
public struct DeviceTreeProperty: Equatable, Sendable {
    public let name: String
    public var value: DeviceTreeValue

    public init(_ name: String, _ value: DeviceTreeValue) {
        self.name = name
        self.value = value
    }
}

/// A node of a device tree, with its properties and children in the order in which they are written
/// (Devicetree Specification v0.4, section 2.2). Phandles are up to the caller.
public struct DeviceTreeNode: Equatable, Sendable {
    /// `node-name@unit-address`; empty for the root.
    public let name: String
    public var properties: [DeviceTreeProperty]
    public var children: [DeviceTreeNode]

    /// - Parameter properties: in the order of writing; their names are checked when the tree is encoded.
    public init(
        _ name: String, _ properties: KeyValuePairs<String, DeviceTreeValue> = [:],
        children: [DeviceTreeNode] = []
    ) {
        self.name = name
        self.properties = properties.map { DeviceTreeProperty($0.key, $0.value) }
        self.children = children
    }

    /// The value of a property. Setting a new one appends it; setting `nil` removes it.
    public subscript(property: String) -> DeviceTreeValue? {
        get { properties.first { $0.name == property }?.value }
        set {
            let index = properties.firstIndex { $0.name == property }
            switch (index, newValue) {
            case (let index?, let value?): properties[index].value = value
            case (let index?, nil): properties.remove(at: index)
            case (nil, let value?): properties.append(DeviceTreeProperty(property, value))
            case (nil, nil): break
            }
        }
    }

    /// The child of this name.
    public func child(_ name: String) -> DeviceTreeNode? {
        children.first { $0.name == name }
    }

    /// The node at a path below this one, such as `soc/serial@10000000`; this node for an empty path.
    public func node(at path: String) -> DeviceTreeNode? {
        path.split(separator: "/").reduce(self) { node, name in node?.child(String(name)) }
    }
}
