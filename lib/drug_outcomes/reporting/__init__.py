"""What readers see of cleared figures: wording, tables, charts, sections of documents, downloads, the workbench."""
