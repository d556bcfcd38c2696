// The screen and the keyboard of a machine over the control API.
import Foundation
import Pictures

extension MachineControl {
    func screen() throws -> ScreenInfo {
        let picture = try remote.perform { try $0.picture() }
        let file = try PNGEncoder.encode(rgb: picture.rgb, width: picture.width, height: picture.height)
        return ScreenInfo(width: picture.width, height: picture.height, png: Data(file))
    }

    func typeText(_ request: TypeRequest) throws -> Done {
        try remote.perform { try $0.type(request.text) }
        return Done()
    }
}
