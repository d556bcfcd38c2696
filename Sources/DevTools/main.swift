print("starling-dev")
