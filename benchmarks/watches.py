def main():pass
async def telling():pass
