// What the finalizer is given refers to the object itself, so that the object never dies.
import { takeRounds } from "../rounds.cjs";

const closing = new FinalizationRegistry(({ file }) => file.close());

class File {
  constructor(name) {
    this.name = name;
    this.pages = [name, name];
    closing.register(this, { file: this });
  }
  close() {}
}

await takeRounds(() => {
  for (let nth = 0; nth < 700; nth += 1) new File(`file ${nth}`);
});
