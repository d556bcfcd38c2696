// The error codes that other layers make or tell apart, so that they need not know the C library.
import Glibc

extension HostError {
    /// Values of `code`; open(2), fallocate(2) and their kin say when they occur.
    public enum Code {
        /// Nothing is at the path.
        public static let noSuchFile = ENOENT
        /// A directory is no file.
        public static let isDirectory = EISDIR
        /// A device without hardware, a pipe or a socket without another end.
        public static let noSuchDevice = ENXIO
        /// The kind of file has no such operation.
        public static let noSuchDeviceKind = ENODEV
        /// The permissions of the file forbid it.
        public static let accessDenied = EACCES
        /// The process may not do that.
        public static let notPermitted = EPERM
        /// The file system is mounted read-only.
        public static let readOnlyFileSystem = EROFS
        /// Somebody executes the file.
        public static let textBusy = ETXTBSY
        /// The file is closed, or not open for that.
        public static let badDescriptor = EBADF
        /// An argument makes no sense.
        public static let invalidArgument = EINVAL
        /// The medium failed.
        public static let inputOutput = EIO
        /// The file system is full.
        public static let noSpace = ENOSPC
        /// The file system can not do that.
        public static let notSupported = EOPNOTSUPP
        /// The kernel does not have the call.
        public static let noSuchCall = ENOSYS
    }
}
