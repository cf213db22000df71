/* A device in C: bilinear, pixel centres, uint8 rounded to the nearest. Reads list.txt and raw RGB; links to nothing.
   bilinear KIT: for each line of list.txt, reads in/NAME.raw and writes out/NAME.raw. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double clamp(double x, double high) { return x < 0 ? 0 : x > high ? high : x; }

static void resize(const unsigned char *in, int in_w, int in_h, unsigned char *out, int w, int h) {
    for (int y = 0; y < h; y++) {
        double v = clamp((y + 0.5) * in_h / h - 0.5, in_h - 1);
        int y0 = (int)v, y1 = y0 + 1 < in_h ? y0 + 1 : y0;
        for (int x = 0; x < w; x++) {
            double u = clamp((x + 0.5) * in_w / w - 0.5, in_w - 1);
            int x0 = (int)u, x1 = x0 + 1 < in_w ? x0 + 1 : x0;
            for (int c = 0; c < 3; c++) {
                double above = in[(y0 * in_w + x0) * 3 + c] * (1 - (u - x0)) + in[(y0 * in_w + x1) * 3 + c] * (u - x0);
                double below = in[(y1 * in_w + x0) * 3 + c] * (1 - (u - x0)) + in[(y1 * in_w + x1) * 3 + c] * (u - x0);
                out[(y * w + x) * 3 + c] = (unsigned char)floor(above * (1 - (v - y0)) + below * (v - y0) + 0.5);
            }
        }
    }
}

int main(int count, char **arguments) {
    char name[128], path[512];
    int in_w, in_h, w, h;
    if (count != 2) return 2;
    snprintf(path, sizeof path, "%s/list.txt", arguments[1]);
    FILE *list = fopen(path, "r");
    if (!list) return 2;
    while (fscanf(list, "%127s %d %d %d %d", name, &w, &h, &in_w, &in_h) == 5) {
        unsigned char *in = malloc((size_t)in_w * in_h * 3), *out = malloc((size_t)w * h * 3);
        snprintf(path, sizeof path, "%s/in/%s.raw", arguments[1], name);
        FILE *file = fopen(path, "rb");
        if (!file || fread(in, 3, (size_t)in_w * in_h, file) != (size_t)in_w * in_h) return 2;
        fclose(file);
        resize(in, in_w, in_h, out, w, h);
        snprintf(path, sizeof path, "%s/out/%s.raw", arguments[1], name);
        file = fopen(path, "wb");
        if (!file || fwrite(out, 3, (size_t)w * h, file) != (size_t)w * h) return 2;
        fclose(file);
        free(in);
        free(out);
    }
    return fclose(list);
}
