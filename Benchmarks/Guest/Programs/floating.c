// Floating-point programs: planets, a fractal, linear equations, the maths library, a single-precision filter.
#include "programs.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/// Five bodies under gravity, `amount` steps: add, multiply, divide and square root in double precision.
uint64_t nbody(long amount) {
    enum { BODIES = 5 };
    double p[BODIES][3], v[BODIES][3], mass[BODIES];
    for (int i = 0; i < BODIES; i++) {
        mass[i] = i == 0 ? 40.0 : 0.01 * i;
        for (int k = 0; k < 3; k++) {
            p[i][k] = i * 3.5 * (k == 0) + i * 0.3 * k;
            v[i][k] = i == 0 ? 0.0 : (k == 1 ? 3.0 / i : 0.05 * k);
        }
    }
    const double dt = 0.001;
    for (long step = 0; step < amount; step++) {
        for (int i = 0; i < BODIES; i++) {
            for (int j = i + 1; j < BODIES; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = p[i][k] - p[j][k];
                    square += d[k] * d[k];
                }
                double pull = dt / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    v[i][k] -= d[k] * mass[j] * pull;
                    v[j][k] += d[k] * mass[i] * pull;
                }
            }
        }
        for (int i = 0; i < BODIES; i++) {
            for (int k = 0; k < 3; k++) p[i][k] += dt * v[i][k];
        }
    }
    uint64_t sum = 0;
    for (int i = 0; i < BODIES; i++) sum = sum * 31 + bits_of(p[i][0] + p[i][1] + p[i][2]);
    return sum;
}

/// A picture of `amount` times `amount` points: multiply, add and compare, with a branch for each point.
uint64_t mandelbrot(long amount) {
    uint64_t sum = 0;
    for (long y = 0; y < amount; y++) {
        for (long x = 0; x < amount; x++) {
            double cr = 3.0 * (double)x / (double)amount - 2.2, ci = 2.4 * (double)y / (double)amount - 1.2;
            double a = 0, b = 0;
            int steps = 0;
            while (steps < 200 && a * a + b * b < 4.0) {
                double next = a * a - b * b + cr;
                b = 2 * a * b + ci;
                a = next;
                steps++;
            }
            sum = sum * 3 + (uint64_t)steps;
        }
    }
    return sum;
}

enum { ORDER = 200 };

static void factor(double a[ORDER][ORDER], double *b) {
    for (int k = 0; k < ORDER; k++) {
        int pivot = k;
        for (int i = k + 1; i < ORDER; i++) {
            if (fabs(a[i][k]) > fabs(a[pivot][k])) pivot = i;
        }
        for (int j = 0; j < ORDER; j++) {
            double kept = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = kept;
        }
        double kept = b[k];
        b[k] = b[pivot];
        b[pivot] = kept;
        for (int i = k + 1; i < ORDER; i++) {
            double scale = a[i][k] / a[k][k];
            for (int j = k; j < ORDER; j++) a[i][j] -= scale * a[k][j];
            b[i] -= scale * b[k];
        }
    }
}

/// Solves `amount` systems of 200 equations by elimination with pivoting.
uint64_t linpack(long amount) {
    static double a[ORDER][ORDER], b[ORDER];
    uint64_t random = 99, sum = 0;
    for (long round = 0; round < amount; round++) {
        for (int i = 0; i < ORDER; i++) {
            for (int j = 0; j < ORDER; j++) a[i][j] = (double)(next_random(&random) >> 40) / 16777216.0 - 0.5;
            b[i] = 1.0 + i;
        }
        factor(a, b);
        for (int i = ORDER - 1; i >= 0; i--) {
            for (int j = i + 1; j < ORDER; j++) b[i] -= a[i][j] * b[j];
            b[i] /= a[i][i];
        }
        sum = sum * 31 + bits_of(b[0] + b[ORDER / 2]);
    }
    return sum;
}

/// `amount` rounds through the maths library: exp, log, sin, atan, pow and conversions.
uint64_t transcendental(long amount) {
    double x = 0.5, total = 0;
    for (long i = 0; i < amount; i++) {
        double angle = sin(x) * 3 + (double)(i & 1023) * 0.001;
        x = exp(angle * 0.25) + log(2.0 + x * x);
        x = fmod(x + pow(1.0 + atan(angle) * 0.1, 3.5), 5.0);
        total += floor(x * 16) + (double)(long)(x * 1000);
    }
    return bits_of(x) * 31 + bits_of(total);
}

/// A recursive filter and a peak search over 4096 single-precision samples, `amount` times.
uint64_t filter_single(long amount) {
    enum { SAMPLES = 4096 };
    static float in[SAMPLES], out[SAMPLES];
    uint64_t random = 5;
    for (int i = 0; i < SAMPLES; i++) in[i] = (float)(next_random(&random) & 65535) / 32768.0f - 1.0f;
    float peak = 0, energy = 0;
    for (long round = 0; round < amount; round++) {
        float z1 = 0, z2 = 0, gain = 0.2f + (float)(round & 15) * 0.01f;
        for (int i = 0; i < SAMPLES; i++) {
            float y = gain * in[i] + z1;
            z1 = 0.3f * in[i] + 0.6f * y + z2;
            z2 = 0.1f * in[i] - 0.2f * y;
            out[i] = y;
        }
        for (int i = 0; i < SAMPLES; i++) {
            float size = fabsf(out[i]);
            if (size > peak) peak = size;
            energy = energy * 0.999f + size * size;
        }
    }
    return bits_of((double)peak) * 31 + bits_of((double)energy);
}
