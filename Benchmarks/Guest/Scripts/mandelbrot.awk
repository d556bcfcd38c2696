# A small picture of the Mandelbrot set: all of mawk's numbers are double-precision.
BEGIN {
    for (y = 0; y < size; y++) for (x = 0; x < size; x++) {
        cr = 3 * x / size - 2.2; ci = 2.4 * y / size - 1.2; a = b = 0
        for (steps = 0; steps < 50 && a * a + b * b < 4; steps++) {
            next_a = a * a - b * b + cr; b = 2 * a * b + ci; a = next_a
        }
        sum += steps
    }
    print sum, sqrt(sum)
}
