// The error codes that other layers make or tell apart, so that they need not know the C library.
import Glibc

extension HostError {
    /// Values of `code`; open(2), fallocate(2) and their kin say when they occur.
    public enum Code {
        public static let noSuchFile = ENOENT
        public static let isDirectory = EISDIR
        /// A device without hardware, a pipe or a socket without another end.
        public static let noSuchDevice = ENXIO
        public static let noSuchDeviceKind = ENODEV
        public static let accessDenied = EACCES
        public static let notPermitted = EPERM
        public static let readOnlyFileSystem = EROFS
        /// Somebody executes the file.
        public static let textBusy = ETXTBSY
        public static let badDescriptor = EBADF
        public static let invalidArgument = EINVAL
        public static let inputOutput = EIO
        public static let noSpace = ENOSPC
        public static let notSupported = EOPNOTSUPP
        public static let noSuchCall = ENOSYS
    }
}
