export class Place {
  end(): Promise<void>
}
